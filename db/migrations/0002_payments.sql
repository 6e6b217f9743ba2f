CREATE TABLE "reconciliation" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "reconciliation_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"provider" text NOT NULL,
	"date" text NOT NULL,
	"difference" text NOT NULL,
	"subject" text NOT NULL,
	"order_id" bigint,
	"details" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"found_at" timestamp with time zone DEFAULT now() NOT NULL,
	"cleared_at" timestamp with time zone,
	CONSTRAINT "difference_once" UNIQUE("provider","date","difference","subject")
);
--> statement-breakpoint
CREATE TABLE "refund_lines" (
	"refund" text NOT NULL,
	"line" integer NOT NULL,
	"quantity" integer NOT NULL,
	"amount_fen" bigint NOT NULL,
	"balance_fen" bigint NOT NULL,
	"points_fen" bigint NOT NULL,
	CONSTRAINT "refund_lines_refund_line_pk" PRIMARY KEY("refund","line"),
	CONSTRAINT "refund_line_of_pieces" CHECK ("refund_lines"."quantity" > 0)
);
--> statement-breakpoint
CREATE TABLE "statement_parts" (
	"statement" bigint NOT NULL,
	"part" integer NOT NULL,
	"content" "bytea" NOT NULL,
	CONSTRAINT "statement_parts_statement_part_pk" PRIMARY KEY("statement","part")
);
--> statement-breakpoint
CREATE TABLE "statements" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "statements_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"provider" text NOT NULL,
	"kind" text NOT NULL,
	"date" text NOT NULL,
	"state" text NOT NULL,
	"digest" text,
	"bytes" bigint DEFAULT 0 NOT NULL,
	"rows" integer DEFAULT 0 NOT NULL,
	"repaired" integer DEFAULT 0 NOT NULL,
	"different" integer DEFAULT 0 NOT NULL,
	"fetched_at" timestamp with time zone,
	"matched_at" timestamp with time zone,
	CONSTRAINT "statement_once" UNIQUE("provider","kind","date")
);
--> statement-breakpoint
ALTER TABLE "stock_movements" DROP CONSTRAINT "stock_movement_once";--> statement-breakpoint
ALTER TABLE "refunds" ALTER COLUMN "attempt" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "refunds" ALTER COLUMN "transaction" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "stock_movements" ADD COLUMN "refund" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "attempts" ADD COLUMN "channel" text;--> statement-breakpoint
UPDATE "attempts" SET "channel" = "provider";--> statement-breakpoint
ALTER TABLE "attempts" ALTER COLUMN "channel" SET NOT NULL;--> statement-breakpoint
ALTER TABLE "attempts" ADD COLUMN "payer" jsonb;--> statement-breakpoint
ALTER TABLE "refunds" ADD COLUMN "balance_fen" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "refunds" ADD COLUMN "points" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "refunds" ADD COLUMN "shipping_fen" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "refunds" ADD COLUMN "shipping_refunded" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "refunds" ADD COLUMN "reason" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "refunds" ADD COLUMN "fingerprint" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "refunds" ADD COLUMN "paid_to" text;--> statement-breakpoint
ALTER TABLE "refund_lines" ADD CONSTRAINT "refund_lines_refund_refunds_number_fk" FOREIGN KEY ("refund") REFERENCES "public"."refunds"("number") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "statement_parts" ADD CONSTRAINT "statement_parts_statement_statements_id_fk" FOREIGN KEY ("statement") REFERENCES "public"."statements"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "refunds_of_attempt" ON "refunds" USING btree ("attempt");--> statement-breakpoint
ALTER TABLE "stock_movements" ADD CONSTRAINT "stock_movement_once" UNIQUE("order_id","sku_id","warehouse_id","kind","refund");--> statement-breakpoint
ALTER TABLE "refunds" ADD CONSTRAINT "refund_of_money_has_attempt" CHECK ("refunds"."amount_fen" = 0 OR "refunds"."attempt" IS NOT NULL);