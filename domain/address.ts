/** The address as it was when the order was placed. */
export type AddressSnapshot = {
  name: string
  phone: string
  province: string
  city: string
  district: string
  street: string
  postCode: string
  label: string
}
