CREATE TABLE "coupon_movements" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "coupon_movements_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"user_coupon_id" bigint NOT NULL,
	"order_id" bigint NOT NULL,
	"kind" text NOT NULL,
	"at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "coupon_movement_once" UNIQUE("order_id","user_coupon_id","kind")
);
--> statement-breakpoint
CREATE TABLE "coupons" (
	"id" bigint PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"kind" text NOT NULL,
	"amount_fen" bigint,
	"percent" integer,
	"cap_fen" bigint,
	"minimum_fen" bigint DEFAULT 0 NOT NULL,
	"valid_from" timestamp with time zone NOT NULL,
	"valid_until" timestamp with time zone NOT NULL,
	"scope" bigint[],
	CONSTRAINT "coupon_says_what_it_does" CHECK (("coupons"."kind" = 'amount_off' AND "coupons"."amount_fen" > 0) OR ("coupons"."kind" = 'percent_off' AND "coupons"."percent" BETWEEN 1 AND 100) OR "coupons"."kind" = 'free_shipping')
);
--> statement-breakpoint
CREATE TABLE "user_coupons" (
	"id" bigint PRIMARY KEY NOT NULL,
	"coupon_id" bigint NOT NULL,
	"user_id" bigint NOT NULL,
	"state" text DEFAULT 'unused' NOT NULL,
	"order_id" bigint,
	CONSTRAINT "coupon_held_by_an_order" CHECK (("user_coupons"."state" = 'unused') = ("user_coupons"."order_id" IS NULL))
);
--> statement-breakpoint
CREATE TABLE "products" (
	"id" bigint PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"category" text DEFAULT '' NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "shipping_rates" (
	"province" text PRIMARY KEY NOT NULL,
	"fee_fen" bigint NOT NULL,
	"free_from_fen" bigint
);
--> statement-breakpoint
CREATE TABLE "skus" (
	"id" bigint PRIMARY KEY NOT NULL,
	"product_id" bigint NOT NULL,
	"name" text NOT NULL,
	"image" text DEFAULT '' NOT NULL,
	"attributes" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"price_fen" bigint NOT NULL,
	"on_sale" boolean DEFAULT true NOT NULL,
	"sales" bigint DEFAULT 0 NOT NULL,
	CONSTRAINT "price_not_negative" CHECK ("skus"."price_fen" >= 0)
);
--> statement-breakpoint
CREATE TABLE "stock" (
	"sku_id" bigint NOT NULL,
	"warehouse_id" integer NOT NULL,
	"on_hand" integer NOT NULL,
	"reserved" integer DEFAULT 0 NOT NULL,
	CONSTRAINT "stock_sku_id_warehouse_id_pk" PRIMARY KEY("sku_id","warehouse_id"),
	CONSTRAINT "never_oversold" CHECK (0 <= "stock"."reserved" AND "stock"."reserved" <= "stock"."on_hand")
);
--> statement-breakpoint
CREATE TABLE "stock_movements" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "stock_movements_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"sku_id" bigint NOT NULL,
	"warehouse_id" integer NOT NULL,
	"kind" text NOT NULL,
	"on_hand" integer NOT NULL,
	"reserved" integer NOT NULL,
	"order_id" bigint,
	"at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "stock_movement_once" UNIQUE("order_id","sku_id","warehouse_id","kind")
);
--> statement-breakpoint
CREATE TABLE "warehouses" (
	"id" integer PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"priority" integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE "attention" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "attention_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"reason" text NOT NULL,
	"subject" text NOT NULL,
	"order_id" bigint,
	"details" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"since" timestamp with time zone DEFAULT now() NOT NULL,
	"cleared_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "outbox" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "outbox_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"topic" text NOT NULL,
	"key" text NOT NULL,
	"payload" jsonb NOT NULL,
	"due_at" timestamp with time zone DEFAULT now() NOT NULL,
	"tried" integer DEFAULT 0 NOT NULL
);
--> statement-breakpoint
CREATE TABLE "snowflake_workers" (
	"worker" smallint PRIMARY KEY NOT NULL,
	"holder" text NOT NULL,
	"leased_until" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "order_lines" (
	"order_id" bigint NOT NULL,
	"line" integer NOT NULL,
	"sku_id" bigint NOT NULL,
	"name" text NOT NULL,
	"image" text NOT NULL,
	"attributes" jsonb NOT NULL,
	"unit_price_fen" bigint NOT NULL,
	"quantity" integer NOT NULL,
	"coupon_fen" bigint NOT NULL,
	"points_fen" bigint NOT NULL,
	"balance_fen" bigint NOT NULL,
	CONSTRAINT "order_lines_order_id_line_pk" PRIMARY KEY("order_id","line"),
	CONSTRAINT "quantity_in_range" CHECK ("order_lines"."quantity" BETWEEN 1 AND 999)
);
--> statement-breakpoint
CREATE TABLE "order_log" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "order_log_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"order_id" bigint NOT NULL,
	"at" timestamp with time zone DEFAULT now() NOT NULL,
	"from_status" text,
	"to_status" text NOT NULL,
	"why" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "order_notes" (
	"order_id" bigint NOT NULL,
	"fingerprint" text NOT NULL,
	"note" text NOT NULL,
	"written_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "order_notes_order_id_fingerprint_pk" PRIMARY KEY("order_id","fingerprint")
);
--> statement-breakpoint
CREATE TABLE "orders" (
	"id" bigint PRIMARY KEY NOT NULL,
	"buyer_id" bigint NOT NULL,
	"kind" smallint NOT NULL,
	"source" text NOT NULL,
	"status" text NOT NULL,
	"pay_state" text DEFAULT 'unpaid' NOT NULL,
	"shipping_state" text DEFAULT 'not_shipped' NOT NULL,
	"payment" text NOT NULL,
	"run_id" text NOT NULL,
	"fingerprint" text NOT NULL,
	"goods_fen" bigint NOT NULL,
	"shipping_fen" bigint NOT NULL,
	"coupon_fen" bigint NOT NULL,
	"points_fen" bigint NOT NULL,
	"balance_fen" bigint NOT NULL,
	"due_fen" bigint NOT NULL,
	"points" bigint NOT NULL,
	"user_coupon_id" bigint,
	"address" jsonb,
	"note" text DEFAULT '' NOT NULL,
	"refusal" jsonb,
	"closed_why" text,
	"placed_at" timestamp with time zone DEFAULT now() NOT NULL,
	"confirmed_at" timestamp with time zone,
	"pay_by" timestamp with time zone,
	"paid_at" timestamp with time zone,
	"closed_at" timestamp with time zone,
	CONSTRAINT "amounts_add_up" CHECK ("orders"."goods_fen" + "orders"."shipping_fen" - "orders"."coupon_fen" - "orders"."points_fen" - "orders"."balance_fen" = "orders"."due_fen" AND "orders"."due_fen" >= 0)
);
--> statement-breakpoint
CREATE TABLE "steps" (
	"order_id" bigint NOT NULL,
	"step" text NOT NULL,
	"state" text NOT NULL,
	"at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "steps_order_id_step_pk" PRIMARY KEY("order_id","step")
);
--> statement-breakpoint
CREATE TABLE "attempts" (
	"number" bigint PRIMARY KEY NOT NULL,
	"order_id" bigint NOT NULL,
	"provider" text NOT NULL,
	"state" text NOT NULL,
	"amount_fen" bigint NOT NULL,
	"currency" text NOT NULL,
	"description" text NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"calling_until" timestamp with time zone NOT NULL,
	"answer" jsonb,
	"transaction" text,
	"captured_fen" bigint DEFAULT 0 NOT NULL,
	"refunding_fen" bigint DEFAULT 0 NOT NULL,
	"refunded_fen" bigint DEFAULT 0 NOT NULL,
	"opened_at" timestamp with time zone DEFAULT now() NOT NULL,
	"ended_at" timestamp with time zone,
	"next_ask_at" timestamp with time zone,
	"asked" integer DEFAULT 0 NOT NULL,
	CONSTRAINT "refunds_within_capture" CHECK (0 <= "attempts"."refunding_fen" AND 0 <= "attempts"."refunded_fen" AND "attempts"."refunding_fen" + "attempts"."refunded_fen" <= "attempts"."captured_fen")
);
--> statement-breakpoint
CREATE TABLE "notifications" (
	"id" bigint PRIMARY KEY NOT NULL,
	"provider" text NOT NULL,
	"kind" text NOT NULL,
	"number" text NOT NULL,
	"state" text NOT NULL,
	"trade" text NOT NULL,
	"attempt" bigint,
	"amount_fen" bigint NOT NULL,
	"currency" text NOT NULL,
	"merchant" text NOT NULL,
	"app" text NOT NULL,
	"found" text NOT NULL,
	"received_at" timestamp with time zone DEFAULT now() NOT NULL,
	"outcome" text,
	"judged_at" timestamp with time zone,
	"due_at" timestamp with time zone NOT NULL,
	"delivered" integer DEFAULT 0 NOT NULL,
	CONSTRAINT "notification_once" UNIQUE("provider","kind","number","state")
);
--> statement-breakpoint
CREATE TABLE "refunds" (
	"number" text PRIMARY KEY NOT NULL,
	"attempt" bigint NOT NULL,
	"order_id" bigint NOT NULL,
	"cause" text NOT NULL,
	"transaction" text NOT NULL,
	"amount_fen" bigint NOT NULL,
	"state" text DEFAULT 'asked' NOT NULL,
	"due_at" timestamp with time zone DEFAULT now() NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"ended_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "addresses" (
	"id" bigint PRIMARY KEY NOT NULL,
	"user_id" bigint NOT NULL,
	"name" text NOT NULL,
	"phone" text NOT NULL,
	"province" text NOT NULL,
	"city" text NOT NULL,
	"district" text NOT NULL,
	"street" text NOT NULL,
	"post_code" text DEFAULT '' NOT NULL,
	"label" text DEFAULT '' NOT NULL,
	"is_default" boolean DEFAULT false NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "growth_movements" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "growth_movements_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"user_id" bigint NOT NULL,
	"kind" text NOT NULL,
	"growth" bigint NOT NULL,
	"order_id" bigint,
	"refund" text DEFAULT '' NOT NULL,
	"at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "growth_movement_once" UNIQUE("order_id","kind","refund")
);
--> statement-breakpoint
CREATE TABLE "loyalty" (
	"user_id" bigint PRIMARY KEY NOT NULL,
	"points" bigint DEFAULT 0 NOT NULL,
	"growth" bigint DEFAULT 0 NOT NULL,
	CONSTRAINT "points_not_negative" CHECK ("loyalty"."points" >= 0)
);
--> statement-breakpoint
CREATE TABLE "points_movements" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "points_movements_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"user_id" bigint NOT NULL,
	"kind" text NOT NULL,
	"points" bigint NOT NULL,
	"order_id" bigint,
	"refund" text DEFAULT '' NOT NULL,
	"at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "points_movement_once" UNIQUE("order_id","kind","refund")
);
--> statement-breakpoint
CREATE TABLE "users" (
	"id" bigint PRIMARY KEY NOT NULL,
	"blocked" boolean DEFAULT false NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "wallet_movements" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "wallet_movements_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"user_id" bigint NOT NULL,
	"kind" text NOT NULL,
	"amount_fen" bigint NOT NULL,
	"order_id" bigint,
	"refund" text DEFAULT '' NOT NULL,
	"at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "wallet_movement_once" UNIQUE("order_id","kind","refund")
);
--> statement-breakpoint
CREATE TABLE "wallets" (
	"user_id" bigint PRIMARY KEY NOT NULL,
	"balance_fen" bigint DEFAULT 0 NOT NULL,
	CONSTRAINT "wallet_not_negative" CHECK ("wallets"."balance_fen" >= 0)
);
--> statement-breakpoint
ALTER TABLE "coupon_movements" ADD CONSTRAINT "coupon_movements_user_coupon_id_user_coupons_id_fk" FOREIGN KEY ("user_coupon_id") REFERENCES "public"."user_coupons"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "user_coupons" ADD CONSTRAINT "user_coupons_coupon_id_coupons_id_fk" FOREIGN KEY ("coupon_id") REFERENCES "public"."coupons"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "user_coupons" ADD CONSTRAINT "user_coupons_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "skus" ADD CONSTRAINT "skus_product_id_products_id_fk" FOREIGN KEY ("product_id") REFERENCES "public"."products"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "stock" ADD CONSTRAINT "stock_sku_id_skus_id_fk" FOREIGN KEY ("sku_id") REFERENCES "public"."skus"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "stock" ADD CONSTRAINT "stock_warehouse_id_warehouses_id_fk" FOREIGN KEY ("warehouse_id") REFERENCES "public"."warehouses"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "order_lines" ADD CONSTRAINT "order_lines_order_id_orders_id_fk" FOREIGN KEY ("order_id") REFERENCES "public"."orders"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "attempts" ADD CONSTRAINT "attempts_order_id_orders_id_fk" FOREIGN KEY ("order_id") REFERENCES "public"."orders"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "notifications" ADD CONSTRAINT "notifications_attempt_attempts_number_fk" FOREIGN KEY ("attempt") REFERENCES "public"."attempts"("number") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "refunds" ADD CONSTRAINT "refunds_attempt_attempts_number_fk" FOREIGN KEY ("attempt") REFERENCES "public"."attempts"("number") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "addresses" ADD CONSTRAINT "addresses_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "growth_movements" ADD CONSTRAINT "growth_movements_user_id_loyalty_user_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."loyalty"("user_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "loyalty" ADD CONSTRAINT "loyalty_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "points_movements" ADD CONSTRAINT "points_movements_user_id_loyalty_user_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."loyalty"("user_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "wallet_movements" ADD CONSTRAINT "wallet_movements_user_id_wallets_user_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."wallets"("user_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "wallets" ADD CONSTRAINT "wallets_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "coupons_of_user" ON "user_coupons" USING btree ("user_id");--> statement-breakpoint
CREATE INDEX "skus_of_product" ON "skus" USING btree ("product_id");--> statement-breakpoint
CREATE UNIQUE INDEX "one_open_attention" ON "attention" USING btree ("reason","subject") WHERE "attention"."cleared_at" IS NULL;--> statement-breakpoint
CREATE INDEX "outbox_due" ON "outbox" USING btree ("due_at");--> statement-breakpoint
CREATE INDEX "log_of_order" ON "order_log" USING btree ("order_id","id");--> statement-breakpoint
CREATE INDEX "orders_of_buyer" ON "orders" USING btree ("buyer_id","id" DESC NULLS LAST);--> statement-breakpoint
CREATE INDEX "orders_unfinished" ON "orders" USING btree ("placed_at") WHERE "orders"."status" IN ('placing', 'awaiting_payment', 'closing');--> statement-breakpoint
CREATE UNIQUE INDEX "one_open_attempt" ON "attempts" USING btree ("order_id") WHERE "attempts"."state" IN ('opening', 'open');--> statement-breakpoint
CREATE INDEX "attempts_of_order" ON "attempts" USING btree ("order_id");--> statement-breakpoint
CREATE INDEX "attempts_to_ask" ON "attempts" USING btree ("next_ask_at") WHERE "attempts"."next_ask_at" IS NOT NULL;--> statement-breakpoint
CREATE INDEX "notifications_due" ON "notifications" USING btree ("due_at") WHERE "notifications"."outcome" IS NULL;--> statement-breakpoint
CREATE INDEX "notifications_of_attempt" ON "notifications" USING btree ("attempt");--> statement-breakpoint
CREATE INDEX "refunds_due" ON "refunds" USING btree ("due_at") WHERE "refunds"."state" = 'asked';--> statement-breakpoint
CREATE INDEX "refunds_of_order" ON "refunds" USING btree ("order_id");--> statement-breakpoint
CREATE INDEX "addresses_of_user" ON "addresses" USING btree ("user_id");--> statement-breakpoint
CREATE UNIQUE INDEX "one_default_address" ON "addresses" USING btree ("user_id") WHERE "addresses"."is_default";--> statement-breakpoint
CREATE INDEX "growth_movements_of_user" ON "growth_movements" USING btree ("user_id");--> statement-breakpoint
CREATE INDEX "points_movements_of_user" ON "points_movements" USING btree ("user_id");--> statement-breakpoint
CREATE INDEX "wallet_movements_of_user" ON "wallet_movements" USING btree ("user_id");