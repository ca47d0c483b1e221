package caller

// Kind is what sort of caller it is, in the words of RBAC.
type Kind string

// The kinds of callers.
const (
	// Anonymous callers said nothing about who they are. Their program may still be known,
	// by its mesh principal.
	Anonymous Kind = ""
	// User is a person.
	User Kind = "User"
	// ServiceAccount is a program with a Kubernetes identity. Its name has the form
	// system:serviceaccount:<namespace>:<name>.
	ServiceAccount Kind = "ServiceAccount"
)

// Via is how it became known who is calling.
type Via string

// The ways to say who one is.
const (
	ViaNothing     Via = ""
	ViaUserHeader  Via = "UserHeader"
	ViaOIDC        Via = "OIDC"
	ViaTokenReview Via = "TokenReview"
)

// Caller is who sent a request. The zero value is an anonymous caller whose program is
// unknown.
type Caller struct {
	Kind Kind
	// Name is spelled as the credential spells it, and as bindings and mesh policies must
	// spell it to match. Compare Key, not Name.
	Name string
	// Key is Name in the form in which names are compared, Names.Key(Name).
	Key string
	// Groups are those that a verified token proves. The user header brings none.
	Groups []string
	Via    Via
	// Principal is the mesh identity of the program that sent the request, such as
	// cluster.local/ns/istio-system/sa/istio-ingressgateway-service-account; empty without a
	// mesh, or when the request came in plain text.
	Principal string
	// TrustedPrincipal says that Principal is trusted to set the user header. It is no sign
	// of a user: a browser can make a proxy drop a header by naming it in Connection, so
	// what a trusted program may do without any user must depend on which program it is.
	TrustedPrincipal bool
}

// IsAnonymous says whether nobody is known to be calling.
func (c Caller) IsAnonymous() bool { return c.Kind == Anonymous }

// verified is what a credential says about its holder.
type verified struct {
	name   string
	groups []string
	via    Via
}
