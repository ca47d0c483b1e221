package access

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"strings"
	"sync"

	"github.com/go-logr/logr"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kfprofiles/kfprofiles/internal/contributor"
)

// FieldOwner is the name under which the API server records what a Keeper wrote.
const FieldOwner = "kfam"

// KeeperOptions are what a Keeper works with.
type KeeperOptions struct {
	// Client reads from the API server itself: what was granted a moment ago must be found
	// when it is revoked.
	Client client.Client
	// Index knows the standing of the namespaces.
	Index *Index
	// Settings are what the policies of contributors are made of.
	Settings contributor.Settings
	// Mesh tells whether contributors get policies at all.
	Mesh bool
	// Log hears of what could not be healed in passing.
	Log logr.Logger
}

// Keeper grants and revokes. It asks nobody for permission: that is for Rules to decide
// before. It may be used by many at the same time.
type Keeper struct {
	KeeperOptions
	// locks make the calls of this process for one namespace wait for each other, so that
	// healing never takes another call's half-done work for a half-made pair. What another
	// process half did is healed at the next round.
	locks [64]sync.Mutex
	seed  maphash.Seed
}

// NewKeeper returns a Keeper.
func NewKeeper(o KeeperOptions) *Keeper { return &Keeper{KeeperOptions: o, seed: maphash.MakeSeed()} }

func (k *Keeper) lock(namespace string) (unlock func()) {
	mutex := &k.locks[maphash.String(k.seed, namespace)%uint64(len(k.locks))]
	mutex.Lock()
	return mutex.Unlock
}

// Grant makes c a contributor, and tells whether anything had to be done for that. Errors
// are of the type Error.
func (k *Keeper) Grant(ctx context.Context, c contributor.Contributor) (changed bool, err error) {
	if err := CheckGrant(c); err != nil {
		return false, err
	}
	if k.Index.Standing(c.Namespace) == Unowned {
		return false, refusal(NotFound, "No Profile owns the namespace %q. Check its name.", c.Namespace)
	}
	defer k.lock(c.Namespace)()
	added, err := k.ensureBinding(ctx, c)
	if err != nil {
		return false, AsError(err)
	}
	healed, err := k.healPolicies(ctx, c)
	if err != nil {
		return true, AsError(err)
	}
	return added || healed, nil
}

// CheckGrant reports why c cannot be granted by anybody. What the cluster calls system: is
// more than one person, or the cluster itself; a service account alone is a fair guest.
func CheckGrant(c contributor.Contributor) error {
	if err := c.Check(); err != nil {
		return refusal(Invalid, "The binding cannot be granted: %s.", err)
	}
	if strings.HasPrefix(c.Name, "system:") && (c.Kind == rbacv1.GroupKind || !strings.HasPrefix(c.Name, "system:serviceaccount:")) {
		return refusal(Invalid, "%s %q belongs to the cluster and cannot be a contributor. Name users and groups of your own.", c.Kind, c.Name)
	}
	return nil
}

// attempts is how often a RoleBinding is looked for anew when another process creates it
// between the look and our own try.
const attempts = 3

// ensureBinding sees to it that some RoleBinding says c.
func (k *Keeper) ensureBinding(ctx context.Context, c contributor.Contributor) (created bool, err error) {
	for range attempts {
		var bindings []rbacv1.RoleBinding
		if bindings, err = k.listBindings(ctx, c.Namespace); err != nil {
			return false, err
		}
		if len(k.bindingsOf(c, bindings)) > 0 {
			return false, nil
		}
		if err := k.clearName(ctx, c, bindings); err != nil {
			return false, err
		}
		err = k.Client.Create(ctx, contributor.RoleBinding(c), client.FieldOwner(FieldOwner))
		if !apierrors.IsAlreadyExists(err) {
			break
		}
	}
	if err != nil {
		return false, fmt.Errorf("create RoleBinding %s: %w", contributor.ObjectName(c), err)
	}
	return true, nil
}

// clearName removes what has c's name and no longer says c, because somebody edited it. It
// leaves alone what says something else that makes sense, and what the controller keeps.
func (k *Keeper) clearName(ctx context.Context, c contributor.Contributor, bindings []rbacv1.RoleBinding) error {
	for i := range bindings {
		if bindings[i].Name != contributor.ObjectName(c) {
			continue
		}
		if !spoiled(&bindings[i]) {
			return refusal(Conflict, "The RoleBinding %q in the namespace %q is in the way and belongs to somebody else. Ask an administrator to remove it.",
				bindings[i].Name, c.Namespace)
		}
		return k.deleteBinding(ctx, &bindings[i])
	}
	return nil
}

// spoiled tells whether a RoleBinding with a contributor's name stands for nobody.
func spoiled(binding *rbacv1.RoleBinding) bool {
	_, err := contributor.Read(binding)
	return err != nil && !contributor.Declared(binding)
}

// Revoke makes c no contributor any more, and tells whether anything had to be done for
// that. Errors are of the type Error.
func (k *Keeper) Revoke(ctx context.Context, c contributor.Contributor) (changed bool, err error) {
	if err := c.Check(); err != nil {
		return false, refusal(Invalid, "The binding cannot be revoked: %s.", err)
	}
	defer k.lock(c.Namespace)()
	bindings, err := k.listBindings(ctx, c.Namespace)
	if err != nil {
		return false, AsError(err)
	}
	doomed, err := k.revocable(c, bindings)
	if err != nil {
		return false, err
	}
	for _, binding := range doomed {
		if err := k.deleteBinding(ctx, binding); err != nil {
			return changed, AsError(err)
		}
		changed = true
	}
	healed, err := k.healPolicies(ctx, c)
	if err != nil {
		return changed, AsError(err)
	}
	return changed || healed, nil
}

// revocable returns the RoleBindings that have to go, or the error that tells where c is
// written down instead.
func (k *Keeper) revocable(c contributor.Contributor, bindings []rbacv1.RoleBinding) ([]*rbacv1.RoleBinding, error) {
	var doomed []*rbacv1.RoleBinding
	owner := false
	for _, found := range k.bindingsOf(c, bindings) {
		switch found.source {
		case Declared:
			return nil, refusal(Conflict,
				"%s %q is declared as %s in spec.contributors of the Profile %q. Remove the entry there; it would come back otherwise.", c.Kind, c.Name, c.Role, c.Namespace)
		case Owner:
			owner = true
		default:
			doomed = append(doomed, found.object)
		}
	}
	if owner && len(doomed) == 0 {
		return nil, refusal(Conflict,
			"%s %q owns the Profile %q and cannot be removed as a contributor. Ask an administrator to change spec.owner of the Profile.", c.Kind, c.Name, c.Namespace)
	}
	for i := range bindings {
		if bindings[i].Name == contributor.ObjectName(c) && spoiled(&bindings[i]) {
			doomed = append(doomed, &bindings[i])
		}
	}
	return doomed, nil
}

// foundBinding is a RoleBinding that says what was looked for.
type foundBinding struct {
	object *rbacv1.RoleBinding
	source Source
}

// bindingsOf returns the RoleBindings that say c, whatever their names.
func (k *Keeper) bindingsOf(c contributor.Contributor, bindings []rbacv1.RoleBinding) []foundBinding {
	var found []foundBinding
	for i := range bindings {
		b, err := readBinding(&bindings[i])
		if err == nil && k.Index.names.sameContributor(b.Contributor, c) {
			found = append(found, foundBinding{object: &bindings[i], source: b.Source})
		}
	}
	return found
}

func (k *Keeper) listBindings(ctx context.Context, namespace string) ([]rbacv1.RoleBinding, error) {
	var list rbacv1.RoleBindingList
	if err := k.Client.List(ctx, &list, client.InNamespace(namespace)); err != nil {
		return nil, fmt.Errorf("list the RoleBindings of %s: %w", namespace, err)
	}
	return list.Items, nil
}

// deleteBinding removes exactly the object that was read, and not one that somebody made
// under its name since.
func (k *Keeper) deleteBinding(ctx context.Context, binding *rbacv1.RoleBinding) error {
	err := k.Client.Delete(ctx, binding, client.Preconditions{UID: ptr.To(binding.UID), ResourceVersion: ptr.To(binding.ResourceVersion)})
	if err != nil && !apierrors.IsNotFound(err) {
		return fmt.Errorf("delete RoleBinding %s: %w", binding.Name, err)
	}
	return nil
}

// healPolicies brings the policies of c's namespace in line with its RoleBindings. It fails
// only for what concerns c; other people's trouble is logged and left to the sweep. In a
// namespace that no Profile owns it only removes what was c's: a first policy there would
// shut everybody else out.
func (k *Keeper) healPolicies(ctx context.Context, c contributor.Contributor) (changed bool, err error) {
	steps, err := k.policySteps(ctx, c.Namespace)
	if err != nil {
		return false, err
	}
	owned := k.Index.Standing(c.Namespace) != Unowned
	var failures []error
	for _, s := range steps {
		own := k.Index.names.sameContributor(s.contributor, c)
		if !owned && (!own || s.verb != remove) {
			continue
		}
		err := k.perform(ctx, s)
		switch {
		case err == nil:
			changed = changed || own
		case own:
			failures = append(failures, err)
		default:
			k.Log.Error(err, "another contributor's policy could not be healed; the next sweep tries again", "namespace", c.Namespace)
		}
	}
	return changed, errors.Join(failures...)
}
