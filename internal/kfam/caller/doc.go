// Package caller finds out who sent a request to the access-management API. It answers only
// that; what a caller may do is decided elsewhere.
//
// There are three ways to say who one is, and a threat that each must withstand:
//
//   - The user header, which the gateway sets after a login. Any program can write a header,
//     so it counts only when it comes from a trusted caller: a mesh principal among
//     Options.TrustedPrincipals. The own sidecar names the principal of whoever connected to
//     it in the last element of X-Forwarded-Client-Cert; all elements before that one are
//     whatever the client wrote. Without a sidecar any program could write that element too,
//     so it counts only on connections from Options.SidecarAddresses, which is where Istio's
//     sidecar connects from. Where there is no mesh, Options.TrustUserHeader believes the
//     header from anybody: then whoever reaches the port is whoever they like.
//   - A bearer token of an OIDC issuer. The threats are tokens of others, for others, or from
//     long ago: signature, issuer, audience, expiry and not-before are checked. The algorithm
//     is one of an allow-list that can hold only asymmetric ones, so that neither "none" nor
//     an HMAC keyed with the public key passes. An address must be verified, since where
//     people type one in they would else choose whom to be. Users of the issuer share one
//     space of names with those of the user header; an issuer of other people than the
//     gateway's needs OIDCOptions.UserPrefix, or one of them becomes somebody else.
//   - A token of a Kubernetes ServiceAccount, for machines. The API server reviews each one,
//     so that a token dies, within seconds, with its pod or account. The API server may also
//     know tokens of people, by an issuer or a webhook of its own; those are refused here:
//     only ServiceAccounts come this way.
//
// A token's issuer, not yet verified, chooses the one way by which it is then verified. A
// token that fails there is refused. There is no second attempt by another way, since the most
// lenient of several would then decide.
//
// One request speaks for one caller. When it carries a user header and a token that can be
// verified, both must name the same user, else it is refused: a gateway that lets a header of
// the client's own pass beside the client's token, as it happens where a token lacks the claim
// that the gateway copies into the header, would else let anybody be anybody. The caller is
// then the one the token proves, with the token's groups. A token of an issuer that is
// nowhere configured proves nothing; beside a trusted header it is not looked at, because
// the dashboard passes on whatever the browser sent. An untrusted header without a token is
// refused rather than ignored, so that a wrong configuration shows itself.
//
// Names are compared exactly, byte by byte: letters of other alphabets that look alike are
// other names. What cannot be told apart by eye is refused as far as it can be: control and
// format characters, white space at the ends. Names compares e-mail addresses without regard
// to case where the installation wants that.
package caller
