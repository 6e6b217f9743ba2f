CREATE TABLE "leases" (
	"name" text PRIMARY KEY NOT NULL,
	"holder" text NOT NULL,
	"leased_until" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "offer_changes" (
	"session_id" text NOT NULL,
	"sku_id" bigint NOT NULL,
	"change" text NOT NULL,
	"pieces" integer NOT NULL,
	"epoch" integer NOT NULL,
	"at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "offer_changes_session_id_sku_id_change_pk" PRIMARY KEY("session_id","sku_id","change")
);
--> statement-breakpoint
CREATE TABLE "offers" (
	"session_id" text NOT NULL,
	"sku_id" bigint NOT NULL,
	"warehouse_id" integer NOT NULL,
	"price_fen" bigint NOT NULL,
	"quota" integer NOT NULL,
	"granted" integer DEFAULT 0 NOT NULL,
	"sold" integer DEFAULT 0 NOT NULL,
	"buyer_limit" integer DEFAULT 1 NOT NULL,
	"epoch" integer DEFAULT 0 NOT NULL,
	"preheated_at" timestamp with time zone,
	"sold_out_at" timestamp with time zone,
	"ended" boolean DEFAULT false NOT NULL,
	CONSTRAINT "offers_session_id_sku_id_pk" PRIMARY KEY("session_id","sku_id"),
	CONSTRAINT "offer_never_oversold" CHECK (0 <= "offers"."sold" AND "offers"."sold" <= "offers"."granted" AND "offers"."granted" <= "offers"."quota"),
	CONSTRAINT "offer_price_not_negative" CHECK ("offers"."price_fen" >= 0),
	CONSTRAINT "buyer_limit_in_range" CHECK ("offers"."buyer_limit" BETWEEN 1 AND 999)
);
--> statement-breakpoint
CREATE TABLE "sessions" (
	"id" text PRIMARY KEY NOT NULL,
	"opens_at" timestamp with time zone NOT NULL,
	"ends_at" timestamp with time zone NOT NULL,
	"phase" text DEFAULT 'planned' NOT NULL,
	"paused" boolean DEFAULT false NOT NULL,
	"pay_within_ms" integer NOT NULL,
	"captcha" boolean DEFAULT false NOT NULL,
	"report" jsonb,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"ended_at" timestamp with time zone,
	CONSTRAINT "session_ends_after_it_opens" CHECK ("sessions"."ends_at" > "sessions"."opens_at")
);
--> statement-breakpoint
CREATE TABLE "slots" (
	"minute" integer PRIMARY KEY NOT NULL,
	"lasts_min" integer NOT NULL,
	"pay_within_ms" integer DEFAULT 600000 NOT NULL,
	"captcha" boolean DEFAULT false NOT NULL,
	CONSTRAINT "slot_within_a_day" CHECK ("slots"."minute" BETWEEN 0 AND 1439 AND "slots"."lasts_min" > 0)
);
--> statement-breakpoint
CREATE TABLE "tickets" (
	"id" bigint PRIMARY KEY NOT NULL,
	"session_id" text NOT NULL,
	"sku_id" bigint NOT NULL,
	"buyer_id" bigint NOT NULL,
	"address_id" bigint NOT NULL,
	"quantity" integer NOT NULL,
	"seq" integer NOT NULL,
	"state" text NOT NULL,
	"reason" text,
	"due_at" timestamp with time zone DEFAULT now() NOT NULL,
	"tried" integer DEFAULT 0 NOT NULL,
	"tell" text,
	"tell_epoch" integer DEFAULT 0 NOT NULL,
	"tell_at" timestamp with time zone,
	"staged_at" timestamp with time zone DEFAULT now() NOT NULL,
	"ended_at" timestamp with time zone,
	CONSTRAINT "ticket_pieces_in_range" CHECK ("tickets"."quantity" BETWEEN 1 AND 999)
);
--> statement-breakpoint
ALTER TABLE "stock_movements" ADD COLUMN "session_id" text;--> statement-breakpoint
ALTER TABLE "offers" ADD CONSTRAINT "offers_session_id_sessions_id_fk" FOREIGN KEY ("session_id") REFERENCES "public"."sessions"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "offers" ADD CONSTRAINT "offers_sku_id_skus_id_fk" FOREIGN KEY ("sku_id") REFERENCES "public"."skus"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "offers" ADD CONSTRAINT "offers_warehouse_id_warehouses_id_fk" FOREIGN KEY ("warehouse_id") REFERENCES "public"."warehouses"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "sessions_by_end" ON "sessions" USING btree ("ends_at");--> statement-breakpoint
CREATE INDEX "tickets_of_buyer" ON "tickets" USING btree ("buyer_id","session_id","sku_id");--> statement-breakpoint
CREATE INDEX "tickets_of_offer" ON "tickets" USING btree ("session_id","sku_id","state");--> statement-breakpoint
CREATE INDEX "tickets_to_start" ON "tickets" USING btree ("due_at") WHERE "tickets"."state" = 'waiting';--> statement-breakpoint
CREATE INDEX "tickets_to_tell" ON "tickets" USING btree ("tell_at") WHERE "tickets"."tell" IS NOT NULL;--> statement-breakpoint
CREATE INDEX "stock_movements_of_session" ON "stock_movements" USING btree ("session_id") WHERE "stock_movements"."session_id" IS NOT NULL;