DROP INDEX "attempts_to_ask";--> statement-breakpoint
DROP INDEX "notifications_received";--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "forget_again_at" timestamp with time zone;--> statement-breakpoint
CREATE INDEX "attention_cleared" ON "attention" USING btree ("cleared_at") WHERE "attention"."cleared_at" IS NOT NULL;--> statement-breakpoint
CREATE INDEX "attempts_of_provider" ON "attempts" USING btree ("provider","opened_at");--> statement-breakpoint
CREATE INDEX "attempts_to_strip" ON "attempts" USING btree ("number") WHERE "attempts"."ended_at" IS NOT NULL AND ("attempts"."answer" IS NOT NULL OR "attempts"."payer" IS NOT NULL);--> statement-breakpoint
CREATE INDEX "refunds_sent" ON "refunds" USING btree ("ended_at") WHERE "refunds"."state" = 'success';--> statement-breakpoint
CREATE INDEX "users_to_forget" ON "users" USING btree ("forget_again_at") WHERE "users"."forget_again_at" IS NOT NULL;--> statement-breakpoint
CREATE INDEX "tickets_given_back" ON "tickets" USING btree ("session_id","sku_id") WHERE "tickets"."sync" = 'given_back';--> statement-breakpoint
CREATE INDEX "differences_cleared" ON "reconciliation" USING btree ("cleared_at") WHERE "reconciliation"."cleared_at" IS NOT NULL;--> statement-breakpoint
CREATE INDEX "attempts_to_ask" ON "attempts" USING btree ("provider","next_ask_at") WHERE "attempts"."next_ask_at" IS NOT NULL;--> statement-breakpoint
CREATE INDEX "notifications_received" ON "notifications" USING btree ("provider","received_at") WHERE "notifications"."kind" = 'payment';