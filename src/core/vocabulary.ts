// The one table of event names and parameters. Canonical names are those of GA4's recommended events; Segment's e-commerce
// spec maps onto them on the way in, each vendor's names are taken from here on the way out. A parameter that an event's row
// does not name leaves only if the route lists it in `params`.

export type ParamKind =
  | 'text' // free text: scanned, at most 100 characters
  | 'word' // an identifier-like word such as a coupon or method
  | 'number'
  | 'currency'
  | 'search' // what a visitor typed: leaves only if the route lists it
  | 'order'; // an order id: never a parameter, always the identifier `site.order_id`

/** Parameters with a meaning of their own, by canonical name. */
export const PARAMS = {
  currency: 'currency',
  value: 'number',
  tax: 'number',
  shipping: 'number',
  discount: 'number',
  coupon: 'word',
  affiliation: 'word',
  payment_type: 'word',
  shipping_tier: 'word',
  transaction_id: 'order',
  method: 'word',
  search_term: 'search',
  content_type: 'word',
  content_id: 'word',
  item_list_id: 'word',
  item_list_name: 'text',
  creative_name: 'text',
  creative_slot: 'word',
  promotion_id: 'word',
  promotion_name: 'text',
  level: 'number',
  level_name: 'text',
  character: 'word',
  score: 'number',
  virtual_currency_name: 'word',
  item_name: 'text',
  achievement_id: 'word',
  success: 'word',
  lead_source: 'word',
  engagement_time_msec: 'number',
  form_id: 'word',
  form_name: 'text',
  form_destination: 'word',
  form_submit_text: 'text',
  file_extension: 'word',
  file_name: 'text',
  link_text: 'text',
  link_domain: 'word',
  outbound: 'word',
  percent_scrolled: 'number',
  video_title: 'text',
  video_provider: 'word',
  video_percent: 'number',
  video_duration: 'number',
  category: 'text',
  label: 'text',
  screen_name: 'text',
} as const satisfies Record<string, ParamKind>;

export type ParamName = keyof typeof PARAMS;

/** Property names of Segment's specs that mean a parameter of ours; of several present the first in the list counts. */
export const SEGMENT_PARAMS: Readonly<Partial<Record<ParamName, readonly string[]>>> = {
  value: ['revenue', 'value', 'total'],
  search_term: ['search_term', 'query'],
  item_list_id: ['item_list_id', 'list_id'],
  payment_type: ['payment_type', 'payment_method'],
  shipping_tier: ['shipping_tier', 'shipping_method'],
};

/** The same, for the specs of single events. */
export const SEGMENT_EVENT_PARAMS: Readonly<
  Record<string, Readonly<Partial<Record<ParamName, readonly string[]>>>>
> = {
  view_promotion: {
    promotion_name: ['promotion_name', 'name'],
    creative_name: ['creative_name', 'creative'],
    creative_slot: ['creative_slot', 'position'],
  },
  select_promotion: {
    promotion_name: ['promotion_name', 'name'],
    creative_name: ['creative_name', 'creative'],
    creative_slot: ['creative_slot', 'position'],
  },
  video_start: { video_title: ['video_title', 'title'], video_duration: ['video_duration', 'total_length'] },
  video_complete: {
    video_title: ['video_title', 'title'],
    video_duration: ['video_duration', 'total_length'],
  },
  share: { method: ['method', 'share_via'] },
};

/** Fields of an item and the Segment names that mean the same. Anything else in an item does not leave. */
export const ITEM_FIELDS = {
  item_id: { kind: 'word', segment: ['product_id', 'sku', 'id'] },
  item_name: { kind: 'text', segment: ['name'] },
  item_brand: { kind: 'text', segment: ['brand'] },
  item_category: { kind: 'text', segment: ['category'] },
  item_category2: { kind: 'text', segment: [] },
  item_category3: { kind: 'text', segment: [] },
  item_category4: { kind: 'text', segment: [] },
  item_category5: { kind: 'text', segment: [] },
  item_variant: { kind: 'word', segment: ['variant'] },
  item_list_id: { kind: 'word', segment: [] },
  item_list_name: { kind: 'text', segment: [] },
  affiliation: { kind: 'word', segment: [] },
  coupon: { kind: 'word', segment: ['coupon'] },
  price: { kind: 'number', segment: ['price'] },
  discount: { kind: 'number', segment: [] },
  quantity: { kind: 'number', segment: ['quantity'] },
  index: { kind: 'number', segment: ['position'] },
  promotion_id: { kind: 'word', segment: [] },
  promotion_name: { kind: 'text', segment: [] },
  creative_name: { kind: 'text', segment: [] },
  creative_slot: { kind: 'word', segment: [] },
  currency: { kind: 'currency', segment: [] },
} as const satisfies Record<string, { kind: ParamKind; segment: readonly string[] }>;

export interface EventEntry {
  readonly params: readonly ParamName[];
  /** Does the event carry `items`? */
  readonly items: boolean;
  /** Names of Segment's e-commerce spec that mean this event. */
  readonly segment: readonly string[];
  /** Meta's standard event, where there is one. */
  readonly meta?: string;
}

const SALE: readonly ParamName[] = [
  'currency',
  'value',
  'coupon',
  'affiliation',
  'tax',
  'shipping',
  'discount',
  'transaction_id',
];
const CART: readonly ParamName[] = ['currency', 'value', 'coupon'];
const LIST: readonly ParamName[] = ['item_list_id', 'item_list_name', 'category', 'currency', 'value'];
const PROMOTION: readonly ParamName[] = ['creative_name', 'creative_slot', 'promotion_id', 'promotion_name'];
const LEAD: readonly ParamName[] = ['currency', 'value', 'lead_source'];
const FORM: readonly ParamName[] = ['form_id', 'form_name', 'form_destination', 'form_submit_text'];
const VIDEO: readonly ParamName[] = ['video_title', 'video_provider', 'video_percent', 'video_duration'];

export const EVENTS = {
  page_view: {
    params: ['category', 'engagement_time_msec'],
    items: false,
    segment: ['Page Viewed'],
    meta: 'PageView',
  },
  screen_view: { params: ['category', 'screen_name'], items: false, segment: [] },
  scroll: { params: ['percent_scrolled'], items: false, segment: [] },
  click: { params: ['link_domain', 'link_text', 'outbound'], items: false, segment: [] },
  file_download: { params: ['file_extension', 'file_name', 'link_text'], items: false, segment: [] },
  form_start: { params: FORM, items: false, segment: [] },
  form_submit: { params: FORM, items: false, segment: [] },
  video_start: { params: VIDEO, items: false, segment: ['Video Playback Started'] },
  video_progress: { params: VIDEO, items: false, segment: [] },
  video_complete: { params: VIDEO, items: false, segment: ['Video Playback Completed'] },
  user_engagement: { params: ['engagement_time_msec'], items: false, segment: [] },
  identify: { params: ['method'], items: false, segment: [] },
  search: { params: ['search_term'], items: false, segment: ['Products Searched'], meta: 'Search' },
  view_search_results: { params: ['search_term'], items: false, segment: [] },
  view_item_list: {
    params: LIST,
    items: true,
    segment: ['Product List Viewed', 'Product List Filtered', 'Viewed Product Category'],
  },
  select_item: { params: LIST, items: true, segment: ['Product Clicked'] },
  view_promotion: { params: PROMOTION, items: true, segment: ['Promotion Viewed'] },
  select_promotion: { params: PROMOTION, items: true, segment: ['Promotion Clicked'] },
  select_content: { params: ['content_type', 'content_id'], items: false, segment: [] },
  view_item: {
    params: CART,
    items: true,
    segment: ['Product Viewed', 'Viewed Product'],
    meta: 'ViewContent',
  },
  add_to_cart: {
    params: CART,
    items: true,
    segment: ['Product Added', 'Added Product', 'Wishlist Product Added to Cart'],
    meta: 'AddToCart',
  },
  remove_from_cart: { params: CART, items: true, segment: ['Product Removed', 'Removed Product'] },
  view_cart: { params: CART, items: true, segment: ['Cart Viewed'] },
  add_to_wishlist: {
    params: CART,
    items: true,
    segment: ['Product Added to Wishlist'],
    meta: 'AddToWishlist',
  },
  begin_checkout: { params: CART, items: true, segment: ['Checkout Started'], meta: 'InitiateCheckout' },
  add_shipping_info: { params: [...CART, 'shipping_tier'], items: true, segment: [] },
  add_payment_info: {
    params: [...CART, 'payment_type'],
    items: true,
    segment: ['Payment Info Entered'],
    meta: 'AddPaymentInfo',
  },
  purchase: { params: SALE, items: true, segment: ['Order Completed', 'Completed Order'], meta: 'Purchase' },
  refund: { params: SALE, items: true, segment: ['Order Refunded'] },
  generate_lead: { params: LEAD, items: false, segment: ['Lead Generated'], meta: 'Lead' },
  qualify_lead: { params: LEAD, items: false, segment: [] },
  close_convert_lead: { params: LEAD, items: false, segment: [] },
  sign_up: {
    params: ['method'],
    items: false,
    segment: ['Signed Up', 'Account Created'],
    meta: 'CompleteRegistration',
  },
  login: { params: ['method'], items: false, segment: ['Signed In'] },
  share: {
    params: ['method', 'content_type', 'content_id'],
    items: false,
    segment: ['Product Shared', 'Cart Shared'],
  },
  join_group: { params: [], items: false, segment: [] },
  tutorial_begin: { params: [], items: false, segment: [] },
  tutorial_complete: { params: [], items: false, segment: [] },
  level_up: { params: ['level', 'character'], items: false, segment: [] },
  post_score: { params: ['level', 'character', 'score'], items: false, segment: [] },
  unlock_achievement: { params: ['achievement_id'], items: false, segment: [] },
  earn_virtual_currency: { params: ['virtual_currency_name', 'value'], items: false, segment: [] },
  spend_virtual_currency: {
    params: ['virtual_currency_name', 'value', 'item_name'],
    items: false,
    segment: [],
  },
  start_trial: {
    params: ['currency', 'value'],
    items: false,
    segment: ['Trial Started'],
    meta: 'StartTrial',
  },
  subscribe: { params: ['currency', 'value'], items: false, segment: [], meta: 'Subscribe' },
  contact: { params: ['method'], items: false, segment: [], meta: 'Contact' },
} as const satisfies Record<string, EventEntry>;

export type KnownEvent = keyof typeof EVENTS;

/** The row of an event; custom events have none and leave with `currency` and `value` only. */
export const eventEntry = (name: string): EventEntry | undefined =>
  Object.hasOwn(EVENTS, name) ? EVENTS[name as KnownEvent] : undefined; // own key checked

/** Parameters that any event may carry, known or not. */
export const COMMON_PARAMS: readonly ParamName[] = ['currency', 'value', 'engagement_time_msec'];
