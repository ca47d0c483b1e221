// Package edits is the queue through which a plugin edits what it shares with others in a
// cloud and can only replace as a whole: a role's trust policy, the IAM policy of a service
// account. What is edited is called an identity, what is replaced its state. The plugin
// says, as a Cloud, how its cloud is read and written and what a state means; when to
// read and write is decided here.
//
// # What the queue promises
//
//   - One worker at a time edits an identity, and edits always go out from a state that
//     was read for them. Identities do not wait for each other.
//   - Wishes that wait together cost one read and one write, and one more read where the
//     cloud does not say what it wrote. While the Host has a backlog more are waited for, at
//     most for Timing.GatherAtMost.
//   - A probe costs one read for all who probe within Timing.Trust.
//   - Of the wishes about one subject the latest counts; one that is taken back while it
//     waits is never carried out.
//   - Nothing is written that changes nothing, and what has been granted costs no request
//     after a restart. Each identity is looked at once in Timing.Drift, at a time of its
//     own, and one look serves all Profiles that Look.
//   - A wish is answered with nil only when it was seen to hold: in a state that was
//     read, or that the cloud returned from a write. A write that failed is not believed
//     either way, unless the cloud surely did nothing (Fault.NotDone).
//   - Where reads lag behind writes (see Lagging), a state that this process is known to
//     have replaced is read again until it is Timing.Settle old, and a new process, which
//     cannot know what its predecessor replaced, sends nothing for Timing.Hold.
//   - When the state changed between read and write (Fault.Conflict), it is read again at
//     once.
//   - A fault that passes keeps the wishes in line, with growing pauses, and is told to each
//     Profile once. A failure that lasts answers all who wait and, for Timing.Failure, all who
//     come: it costs one request and not one for each Profile.
//   - Requests are rationed by a budget that shrinks while the cloud throttles.
//
// # How a plugin uses it
//
// Apply and Revoke end in Ask, Check ends in Look, Start is Run. The queue answers at once
// and has the Host call the Profile when there is news:
//
//	queue := edits.New(cloud, edits.Options{Name: "aws-roles", Host: host, Log: log, Budget: budget, Timing: timing})
//	err := queue.Ask(roleARN, wish)         // Apply, and Revoke with a wish to be taken out
//	again, err := queue.Look(roleARN, wish) // Check
//
// A cloud whose writes are conditional, by an etag that is part of S, sets Fault.Conflict
// when the condition fails and returns the new state from Write; then an edit costs one
// read and one write. A cloud without conditions returns nil from Write and implements
// Lagging; then each write is verified by a read.
package edits
