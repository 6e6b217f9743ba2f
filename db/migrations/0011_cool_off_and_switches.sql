CREATE TABLE "switches" (
	"name" text PRIMARY KEY NOT NULL,
	"is_on" boolean NOT NULL,
	"changed_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "cool_off_ms" integer DEFAULT 600000 NOT NULL;
--> statement-breakpoint
ALTER TABLE "slots" ADD COLUMN "cool_off_ms" integer DEFAULT 600000 NOT NULL;
--> statement-breakpoint
ALTER TABLE "tickets" ADD COLUMN "cool_until" timestamp with time zone;
--> statement-breakpoint
ALTER TABLE "sessions" ADD CONSTRAINT "session_cool_off_not_negative" CHECK ("sessions"."cool_off_ms" >= 0);
