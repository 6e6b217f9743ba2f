import type { Ids } from '../../domain/ids.ts'
import type { Random } from './random.ts'

const families = [
  '王',
  '李',
  '张',
  '刘',
  '陈',
  '杨',
  '赵',
  '黄',
  '周',
  '吴',
  '徐',
  '孙',
  '胡',
  '朱',
  '高',
  '林',
] as const
const givens = [
  '伟',
  '芳',
  '娜',
  '敏',
  '静',
  '磊',
  '洋',
  '艳',
  '勇',
  '杰',
  '思远',
  '子涵',
  '雨桐',
  '浩然',
  '欣怡',
  '嘉怡',
] as const
const streets = ['文三路', '中山路', '人民路', '解放路', '建设路', '和平街', '青年路', '滨江大道'] as const
const labels = ['家 home', '公司 office', '学校 school'] as const
const places = [
  { province: '浙江省', city: '杭州市', district: '西湖区', postCode: '310012' },
  { province: '上海市', city: '上海市', district: '徐汇区', postCode: '200030' },
  { province: '广东省', city: '深圳市', district: '南山区', postCode: '518052' },
  { province: '北京市', city: '北京市', district: '海淀区', postCode: '100080' },
  { province: '四川省', city: '成都市', district: '武侯区', postCode: '610041' },
  { province: '湖北省', city: '武汉市', district: '洪山区', postCode: '430070' },
  { province: '新疆维吾尔自治区', city: '乌鲁木齐市', district: '天山区', postCode: '830002' },
] as const

/** Buyers have the ids from 20001 on. */
const firstBuyer = 20_001

/**
 * Rows of buyers, each with one to three addresses (the first is the default one), a wallet, points and
 * growth.
 */
export function seededPeople(buyers: number, ids: Ids, random: Random) {
  const users = Array.from({ length: buyers }, (_, i) => ({ id: BigInt(firstBuyer + i) }))
  return {
    users,
    addresses: users.flatMap(({ id }) => addressesOf(id, ids, random)),
    /** Every eighth wallet is empty. */
    wallets: users.map(({ id: userId }, i) => ({
      userId,
      balanceFen: i % 8 === 7 ? 0n : BigInt(random.between(50, 1500) * 100),
    })),
    loyalty: users.map(({ id: userId }) => ({
      userId,
      points: BigInt(random.between(0, 40) * 100),
      growth: BigInt(random.between(0, 3000)),
    })),
  }
}

function addressesOf(userId: bigint, ids: Ids, random: Random) {
  const name = random.one(families) + random.one(givens)
  const phone = `13${random.between(0, 999_999_999).toString().padStart(9, '0')}`
  return Array.from({ length: random.between(1, 3) }, (_, i) => ({
    id: BigInt(ids.next()),
    userId,
    name,
    phone,
    ...random.one(places),
    street: `${random.one(streets)} ${random.between(1, 400)} 号 ${random.between(1, 30)} 幢 ${random.between(101, 2004)} 室`,
    label: labels[i] ?? '',
    isDefault: i === 0,
  }))
}
