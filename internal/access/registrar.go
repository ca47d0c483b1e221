package access

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"

	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
)

// Registrar creates and deletes Profiles for those who may. It may be used by many at the
// same time.
type Registrar struct {
	// Client writes to the API server.
	Client client.Client
	// Index knows the Profiles that there are.
	Index *Index
	// Rules decide.
	Rules Rules

	mu sync.Mutex
	// recent are registrations that the Index may not know yet. Without them one user's
	// requests that arrive together would all find the limit not reached.
	recent map[*recentRegistration]struct{}
}

type recentRegistration struct {
	profile string
	owner   rbacv1.Subject
	// until is when it is forgotten, in case the Profile went as fast as it came; zero while
	// the request is under way.
	until time.Time
}

// indexDelay is how long a registration counts at most before the Index has it.
const indexDelay = time.Minute

// Register creates the Profile if the caller may, and gives p the UID that it got. The
// Decision is for the audit log also when an Error, which is always of that type, tells why the
// Profile was not created.
func (r *Registrar) Register(ctx context.Context, c Caller, p *profilev1.Profile) (Decision, error) {
	decision, reserved := r.reserve(c, p)
	if !decision.Allowed() {
		return decision, decision.Refusal
	}
	created := p.DeepCopy()
	err := r.Client.Create(ctx, created, client.FieldOwner(FieldOwner))
	r.settle(reserved, err)
	if err != nil {
		return decision, registrationError(p.Name, err)
	}
	p.UID = created.UID
	if c.Admin {
		return decision, nil
	}
	return decision, r.withdrawSurplus(ctx, created)
}

// Delete deletes the Profile if the caller may: the very one whose owner was looked at, and
// not one that came under its name since.
func (r *Registrar) Delete(ctx context.Context, c Caller, name string) (Decision, error) {
	known, there := r.Index.Profile(name)
	decision := r.Rules.MayDelete(c, known.Owner)
	if !decision.Allowed() {
		return decision, decision.Refusal
	}
	missing := refusal(NotFound, "There is no Profile %q. Check its name.", name)
	if !there {
		return decision, missing
	}
	p := &profilev1.Profile{}
	p.Name = name
	err := r.Client.Delete(ctx, p, client.Preconditions{UID: ptr.To(known.UID)})
	switch {
	case apierrors.IsNotFound(err):
		return decision, missing
	case apierrors.IsForbidden(err), apierrors.IsInvalid(err):
		// An admission policy said no: the Profile may be protected from deletion.
		return decision, &Error{Kind: Conflict, Cause: err,
			Message: "The cluster refuses to delete this Profile; it may be protected. Ask an administrator."}
	case err != nil:
		return decision, AsError(err)
	}
	return decision, nil
}

// reserve decides and, when the answer is yes, lets the registration count from now on.
func (r *Registrar) reserve(c Caller, p *profilev1.Profile) (Decision, *recentRegistration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	decision := r.Rules.MayRegister(c, Registration{
		Name: p.Name, Owner: p.Spec.Owner, Extras: extrasOf(p),
		Owned: r.Index.ProfilesOf(p.Spec.Owner) + r.notIndexed(p.Spec.Owner, time.Now()),
	})
	if !decision.Allowed() {
		return decision, nil
	}
	reserved := &recentRegistration{profile: p.Name, owner: p.Spec.Owner}
	if r.recent == nil {
		r.recent = map[*recentRegistration]struct{}{}
	}
	r.recent[reserved] = struct{}{}
	return decision, reserved
}

// notIndexed counts an owner's registrations that the Index does not have, and forgets those
// that it has.
func (r *Registrar) notIndexed(owner rbacv1.Subject, now time.Time) int {
	count := 0
	for recent := range r.recent {
		known, indexed := r.Index.Profile(recent.profile)
		indexed = indexed && r.Rules.Names.sameOwner(known.Owner, recent.owner)
		switch {
		case !recent.until.IsZero() && (indexed || now.After(recent.until)):
			delete(r.recent, recent)
		case !indexed && r.Rules.Names.sameOwner(recent.owner, owner):
			count++
		}
	}
	return count
}

// settle keeps a registration that may have reached the cluster, until the Index shows it,
// and forgets one that certainly did not.
func (r *Registrar) settle(reserved *recentRegistration, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var answered apierrors.APIStatus
	if errors.As(err, &answered) && answered.Status().Code < http.StatusInternalServerError {
		delete(r.recent, reserved)
		return
	}
	reserved.until = time.Now().Add(indexDelay)
}

// registrationError explains why the API server did not take a Profile. What its schema
// complains about are sentences for the person who wrote it.
func registrationError(name string, err error) error {
	if apierrors.IsAlreadyExists(err) {
		return &Error{Kind: Conflict, Message: "A Profile named " + name + " exists already. Choose another name.", Cause: err}
	}
	if apierrors.IsNotFound(err) {
		// Only the kind itself can be missing: a Profile is in no namespace.
		return &Error{Kind: Unavailable, Message: "The cluster has no Profiles at present. Ask an administrator to install their definition.", Cause: err}
	}
	known := AsError(err)
	var answered apierrors.APIStatus
	if known.Kind == Invalid && errors.As(err, &answered) && answered.Status().Details != nil {
		var complaints []string
		for _, cause := range answered.Status().Details.Causes {
			complaints = append(complaints, cause.Message)
		}
		known.Message = "The Profile is not valid: " + strings.Join(complaints, "; ") + "."
	}
	return known
}
