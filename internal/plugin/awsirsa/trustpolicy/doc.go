// Package trustpolicy edits the trust policies of IAM roles: bytes in, bytes out. It lets
// service accounts of one cluster assume a role and takes that back, on roles that other
// clusters, other tools and people share.
//
// # What it promises
//
//   - Who can assume the role after an edit could do so before, or is one of the subjects
//     that were asked for, with the audience that was asked for.
//   - Everything that an edit need not change stays as it was to the byte: statements,
//     unknown fields, order, white space, the spelling of strings, the rest of the same
//     condition block. Edits are spliced into the original text; it is never written anew.
//   - A statement that an edit has touched is never open to all subjects.
//   - When nothing needs to change, the very input is returned, so that bytes.Equal tells a
//     caller that there is nothing to write.
//   - On an error there is no output.
//
// # Which statements are edited
//
// A statement counts as the provider's when it has Effect Allow, Principal.Federated with
// exactly the provider's ARN, and an Action that includes sts:AssumeRoleWithWebIdentity,
// also by a wildcard. Element names and Effect are read in IAM's own spelling; actions,
// condition operators and condition keys without regard to ASCII case, as IAM does.
//
// Never edited, and never taken for a grant: Deny; NotPrincipal and NotAction; everybody as
// the principal; an element name in another case than IAM's; and any further condition, that
// is a condition on something else than the issuer's sub and aud, by another operator than
// StringEquals and StringLike, or on sub with IfExists or ForAllValues:, which also match
// when the key is missing.
//
// Of the rest:
//
//   - Grant closes a statement without any condition on sub, the kind that common guides
//     create, by adding the subjects that are being granted to that very statement, if the
//     provider is its only principal. If it says nothing of the audience either, it gets
//     that as well. Whoever came in through the open door and was not asked for is out.
//   - Grant joins a statement only when that gives nothing but what was asked for: the
//     provider alone, the one action alone, one StringEquals or StringLike on aud with just
//     the audience that was asked for, one on sub that does not admit everybody, and no
//     element that IAM does not know. Otherwise it appends a statement of its own, with audience
//     and subjects together.
//   - Revoke takes a subject out of every statement where it stands as an exact value and
//     that names the provider, other principals or not, unless the statement is open anyway.
//
// # Patterns
//
// A StringLike pattern is somebody's decision and is left alone. Where it covers a subject
// without further conditions, Grant has nothing to add, and Revoke cannot take away
// what the pattern gives; Subjects and Open show it.
//
// # The last subject
//
// A condition with no subject left would open the statement or be refused by IAM. So
// Nobody takes the place of the last subject, and gives it back to the next one. A
// statement of our own goes instead, unless it is the only one, because
// IAM refuses a policy with no statement. Ours are known by their Sid and by holding
// exactly what Grant writes; one that somebody has added to is treated as theirs.
//
// # Undo
//
// Where no subject stood in the policy already, Revoke after Grant of the same subjects gives
// the bytes from before the Grant, with few exceptions: a statement that was open stays closed,
// with Nobody; a statement of our own that had been closed goes; a Nobody that
// somebody had spelled with escapes comes back without; and a policy without any
// statement, which IAM does not accept anyway, keeps ours, closed.
package trustpolicy
