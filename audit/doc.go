// Package audit tells who asked, decided, overrode and changed: one stream, which nobody writes to, and a
// reader that makes entries of what is in it.
//
// The stream [Stream] has no subjects of its own. NATS itself copies into it what is stored elsewhere: the
// buckets of documents, each revision of them; what lifecycle events tell of people's words; and the dead
// letters, which are what was refused. So nothing that acts has to remember to tell the audit, and no user
// of NATS may publish there. It denies that messages are deleted or purged, and has a retention of its own.
//
// [Read] makes the entries of one message, and [Log] those of a time, each of them once however often
// NATS has copied a message. A message that cannot be read is an entry that says so.
package audit
