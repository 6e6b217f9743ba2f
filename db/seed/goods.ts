import { fen } from '../../domain/money.ts'
import type { Random } from './random.ts'

type Variant = { slug: string; attributes: Record<string, string>; yuan: number; pieces?: 1 }
type Product = { name: string; category: string; slug: string; variants: Variant[] }

/** Ten products, thirty SKUs. `pieces: 1` marks the last piece there is, in one warehouse. */
const catalogue: Product[] = [
  product('云南小粒咖啡豆 Yunnan Coffee Beans', { category: '食品 Food', slug: 'coffee' }, [
    ['light-250', { 烘焙: '浅烘 Light', 净含量: '250 g' }, 59],
    ['medium-250', { 烘焙: '中烘 Medium', 净含量: '250 g' }, 59],
    ['dark-500', { 烘焙: '深烘 Dark', 净含量: '500 g' }, 108],
  ]),
  product('西湖龙井 Longjing Green Tea', { category: '食品 Food', slug: 'longjing' }, [
    ['tin-100', { 规格: '100 g 罐装 tin', 采摘: '雨前' }, 168],
    ['tin-250', { 规格: '250 g 罐装 tin', 采摘: '雨前' }, 388],
    ['first-flush-50', { 规格: '50 g 礼盒 gift box', 采摘: '明前' }, 520, 1],
  ]),
  product('景德镇手工茶杯 Jingdezhen Tea Cup', { category: '家居 Home', slug: 'cup' }, [
    ['celadon', { 釉色: '青瓷 Celadon', 容量: '120 ml' }, 79],
    ['white', { 釉色: '甜白 White', 容量: '120 ml' }, 79],
    ['tenmoku', { 釉色: '建盏 Tenmoku', 容量: '90 ml' }, 269, 1],
  ]),
  product('真丝围巾 Silk Scarf', { category: '服饰 Apparel', slug: 'scarf' }, [
    ['ink', { 颜色: '水墨 Ink', 尺寸: '90 × 90 cm' }, 239],
    ['crimson', { 颜色: '绛红 Crimson', 尺寸: '90 × 90 cm' }, 239],
    ['jade', { 颜色: '青玉 Jade', 尺寸: '180 × 65 cm' }, 299],
  ]),
  product('纯棉短袖 Cotton T-shirt', { category: '服饰 Apparel', slug: 'tshirt' }, [
    ['white-m', { 颜色: '白 White', 尺码: 'M' }, 69],
    ['white-l', { 颜色: '白 White', 尺码: 'L' }, 69],
    ['black-l', { 颜色: '黑 Black', 尺码: 'L' }, 69],
  ]),
  product('机械键盘 Mechanical Keyboard', { category: '数码 Digital', slug: 'keyboard' }, [
    ['87-red', { 配列: '87 键', 轴体: '红轴 Red' }, 329],
    ['87-brown', { 配列: '87 键', 轴体: '茶轴 Brown' }, 329],
    ['104-silent', { 配列: '104 键', 轴体: '静音 Silent' }, 429, 1],
  ]),
  product('降噪耳机 Noise-cancelling Headphones', { category: '数码 Digital', slug: 'headphones' }, [
    ['black', { 颜色: '曜石黑 Black' }, 699],
    ['cream', { 颜色: '奶油白 Cream' }, 699],
    ['blue', { 颜色: '雾霾蓝 Blue' }, 749],
  ]),
  product('便携充电宝 Power Bank', { category: '数码 Digital', slug: 'powerbank' }, [
    ['10000', { 容量: '10000 mAh', 接口: 'USB-C' }, 99],
    ['20000', { 容量: '20000 mAh', 接口: 'USB-C' }, 149],
    ['20000-fast', { 容量: '20000 mAh', 接口: 'USB-C 65 W' }, 219],
  ]),
  product('硅藻泥脚垫 Bath Mat', { category: '家居 Home', slug: 'bathmat' }, [
    ['grey', { 颜色: '浅灰 Grey', 尺寸: '40 × 60 cm' }, 39.9],
    ['sand', { 颜色: '沙色 Sand', 尺寸: '40 × 60 cm' }, 39.9],
    ['large', { 颜色: '浅灰 Grey', 尺寸: '50 × 80 cm' }, 59.9],
  ]),
  product('限量艺术帆布包 Artist Tote Bag', { category: '服饰 Apparel', slug: 'tote' }, [
    ['crane', { 图案: '仙鹤 Crane' }, 88],
    ['wave', { 图案: '海浪 Wave' }, 88],
    ['signed', { 图案: '签名版 Signed' }, 188, 1],
  ]),
]

function product(
  name: string,
  { category, slug }: { category: string; slug: string },
  variants: [string, Record<string, string>, number, 1?][],
): Product {
  return {
    name,
    category,
    slug,
    variants: variants.map(([variant, attributes, yuan, pieces]) => ({
      slug: variant,
      attributes,
      yuan,
      ...(pieces ? { pieces } : {}),
    })),
  }
}

export const seededWarehouses = [
  { id: 1, name: '杭州仓 Hangzhou', priority: 1 },
  { id: 2, name: '广州仓 Guangzhou', priority: 2 },
  { id: 3, name: '成都仓 Chengdu', priority: 3 },
]

/** Nearby is cheap, far is dear and never free, the rest is in between. */
export const seededRates = [
  { province: '*', feeFen: fen(1200), freeFromFen: fen(19900) },
  { province: '浙江省', feeFen: fen(600), freeFromFen: fen(9900) },
  { province: '上海市', feeFen: fen(600), freeFromFen: fen(9900) },
  { province: '广东省', feeFen: fen(800), freeFromFen: fen(9900) },
  { province: '新疆维吾尔自治区', feeFen: fen(2500), freeFromFen: null },
]

/**
 * Rows of products, SKUs and shelves, with fixed ids (products from 101, SKUs from 1001), so that examples
 * can name them.
 */
export function seededGoods(random: Random) {
  const products = catalogue.map(({ name, category }, i) => ({ id: BigInt(101 + i), name, category }))
  const variants = catalogue.flatMap((of, i) =>
    of.variants.map((variant) => ({ of, productId: BigInt(101 + i), ...variant })),
  )
  const skus = variants.map(({ of, productId, slug, attributes, yuan }, i) => ({
    id: BigInt(1001 + i),
    productId,
    name: of.name,
    image: `/images/${of.slug}-${slug}.webp`,
    attributes,
    priceFen: fen(Math.round(yuan * 100)),
  }))
  const stock = variants.flatMap(({ pieces }, i) => {
    const skuId = BigInt(1001 + i)
    if (pieces === 1) return [{ skuId, warehouseId: 1 + (i % seededWarehouses.length), onHand: 1 }]
    return seededWarehouses.map(({ id: warehouseId }) => ({
      skuId,
      warehouseId,
      onHand: random.between(80, 300),
    }))
  })
  return { products, skus, stock }
}
