ALTER TABLE "offers" ADD COLUMN "paused" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "offers" ADD COLUMN "shed_percent" smallint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "offers" ADD COLUMN "terms_revision" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "shed_percent" smallint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "gates_closed_at" timestamp with time zone;--> statement-breakpoint
CREATE INDEX "tickets_not_synced" ON "tickets" USING btree ("session_id","sku_id") WHERE "tickets"."sync" <> 'paid';--> statement-breakpoint
CREATE INDEX "tickets_waiting" ON "tickets" USING btree ("session_id","sku_id","seq") WHERE "tickets"."state" = 'waiting';--> statement-breakpoint
ALTER TABLE "offers" ADD CONSTRAINT "offer_shed_is_a_percentage" CHECK ("offers"."shed_percent" BETWEEN 0 AND 100);--> statement-breakpoint
ALTER TABLE "sessions" ADD CONSTRAINT "session_shed_is_a_percentage" CHECK ("sessions"."shed_percent" BETWEEN 0 AND 100);