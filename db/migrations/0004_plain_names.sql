ALTER TABLE "tickets" RENAME COLUMN "tell" TO "sync";--> statement-breakpoint
ALTER TABLE "tickets" RENAME COLUMN "tell_epoch" TO "sync_epoch";--> statement-breakpoint
ALTER TABLE "tickets" RENAME COLUMN "tell_at" TO "sync_at";--> statement-breakpoint
ALTER INDEX "tickets_to_tell" RENAME TO "tickets_to_sync";--> statement-breakpoint
ALTER TABLE "notifications" RENAME COLUMN "judged_at" TO "resolved_at";--> statement-breakpoint
UPDATE "attention" SET "reason" = 'notification_unresolved' WHERE "reason" = 'notification_unjudged';
