ALTER TABLE "loyalty" DROP CONSTRAINT "points_not_negative";--> statement-breakpoint
ALTER TABLE "refunds" ADD COLUMN "asked_by" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "refunds" ADD COLUMN "returned_to" text;--> statement-breakpoint
CREATE UNIQUE INDEX "one_paid_attempt" ON "attempts" USING btree ("order_id") WHERE "attempts"."state" = 'paid';