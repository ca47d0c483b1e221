// Package awspodidentity is the plugin AwsPodIdentity: it lets service accounts of a
// Profile's namespace take an AWS role through EKS Pod Identity.
//
// EKS keeps one association for each service account of a cluster: account, role, and
// perhaps a target role that is assumed next. There is no annotation, and nothing about the
// account stands in the role, which only has to trust the service pods.eks.amazonaws.com.
// So no role is ever edited, and there is no limit of accounts on one role.
//
// # Whose an association is
//
// Ours have the tags TagProfile with the Profile's name and TagManagedBy. No other is ever
// changed or deleted. Since an account has one association at most, a foreign one is in
// the way, and the Profile is told so.
//
// # A change of role leaves no gap
//
// The ledger applies what is new before it revokes what is old. The association is the
// same for both, so Apply updates it in place, and Revoke of the old binding must leave it
// alone. TagBinding tells for which binding the association stands: it changes after the
// role did, so a role that was refused leaves association and tag as they were. Revoke
// deletes what stands for its binding, by the tag or by the role itself, which somebody may
// have changed by hand.
//
// # Requests are few
//
// Requests are made while the controller waits, two for what holds already and one more
// for each change. They are rationed; who would have to wait long is told to come again.
// What holds is looked at only every Timing.Drift, at times of its own for each account,
// and not at all after a start until then.
package awspodidentity
