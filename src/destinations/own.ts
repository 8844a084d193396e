// What a destination of the operator's own can carry: every id of the site that may leave at all.

/** `site.message_id` is not among them: the event's `key` says the same. */
export const OWN_IDS: readonly string[] = [
  'site.anonymous_id',
  'site.session_id',
  'site.user_id',
  'site.group_id',
  'site.order_id',
];
