CREATE TABLE "refund_actions" (
	"refund" text NOT NULL,
	"key" text NOT NULL,
	"action" text NOT NULL,
	"asked_by" text NOT NULL,
	"note" text NOT NULL,
	"result" text NOT NULL,
	"at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "refund_actions_refund_key_pk" PRIMARY KEY("refund","key")
);
--> statement-breakpoint
ALTER TABLE "attempts" ADD COLUMN "answer_until" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "refunds" ADD COLUMN "reissue_of" text;--> statement-breakpoint
ALTER TABLE "refunds" ADD COLUMN "replaced_by" text;--> statement-breakpoint
ALTER TABLE "refunds" ADD COLUMN "sent_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "refunds" ADD COLUMN "processing_since" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "refund_actions" ADD CONSTRAINT "refund_actions_refund_refunds_number_fk" FOREIGN KEY ("refund") REFERENCES "public"."refunds"("number") ON DELETE no action ON UPDATE no action;