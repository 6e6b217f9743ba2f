CREATE TABLE "statement_entries" (
	"statement" bigint NOT NULL,
	"kind" text NOT NULL,
	"number" text NOT NULL,
	CONSTRAINT "statement_entries_statement_kind_number_pk" PRIMARY KEY("statement","kind","number")
);
--> statement-breakpoint
ALTER TABLE "statements" ADD COLUMN "fetches" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "statements" ADD COLUMN "leased_until" timestamp with time zone;--> statement-breakpoint
CREATE INDEX "notifications_received" ON "notifications" USING brin ("received_at");