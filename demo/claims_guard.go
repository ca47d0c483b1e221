package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
)

// foreignRoom is a namespace that is there before the Profile of its name.
const foreignRoom = "legacy"

func guardClaims(c cast) []claim {
	return []claim{
		{"A Profile may not be called kube-system", "reserved name", refuseReserved(c.admin)},
		{"A Profile does not take over a namespace that was there", "left alone", leaveForeignAlone(c.admin)},
		{"A protected Profile cannot be deleted, and one is told why", "refused, says how", refuseDeletion(c.admin)},
	}
}

func refuseReserved(admin client.Client) func(context.Context) observation {
	return func(ctx context.Context) observation {
		err := admin.Create(ctx, profileOf("kube-system", neighborName))
		switch {
		case err == nil:
			return observation{happened: "allowed"}
		case apierrors.IsInvalid(err) && strings.Contains(err.Error(), "metadata.name is reserved"):
			return observation{happened: "reserved name", holds: true}
		default:
			return observation{happened: inShort(err), err: err}
		}
	}
}

// leaveForeignAlone makes a namespace and then a Profile of the same name. The Profile
// stays, for the user to see what one looks like that cannot be carried out.
func leaveForeignAlone(admin client.Client) func(context.Context) observation {
	return func(ctx context.Context) observation {
		if err := admin.Create(ctx, &corev1.Namespace{ObjectMeta: named("", foreignRoom)}); err != nil {
			return observation{happened: inShort(err), err: err}
		}
		profile := profileOf(foreignRoom, neighborName)
		if err := admin.Create(ctx, profile); err != nil {
			return observation{happened: inShort(err), err: err}
		}
		err := wait.PollUntilContextTimeout(ctx, 50*time.Millisecond, soonPatience, true, func(ctx context.Context) (bool, error) {
			err := admin.Get(ctx, client.ObjectKeyFromObject(profile), profile)
			return len(profile.Status.Conditions) > 0, err
		})
		if err != nil {
			return observation{happened: "nothing was said about it", err: err}
		}
		return observeForeign(ctx, admin, profile)
	}
}

func observeForeign(ctx context.Context, admin client.Client, profile *profilev1.Profile) observation {
	namespace := &corev1.Namespace{}
	if err := admin.Get(ctx, client.ObjectKeyFromObject(profile), namespace); err != nil {
		return observation{happened: inShort(err), err: err}
	}
	bindings := &rbacv1.RoleBindingList{}
	if err := admin.List(ctx, bindings, client.InNamespace(foreignRoom)); err != nil {
		return observation{happened: inShort(err), err: err}
	}
	switch {
	case len(namespace.OwnerReferences) > 0 || len(bindings.Items) > 0:
		return observation{happened: "taken over", err: fmt.Errorf("it has %d owner references and %d role bindings", len(namespace.OwnerReferences), len(bindings.Items))}
	case !strings.Contains(conditionsLine(*profile), profilev1.ReasonForeignNamespace):
		return observation{happened: "left alone in silence", err: fmt.Errorf("the Profile says: %s", conditionsLine(*profile))}
	default:
		return observation{happened: "left alone", holds: true}
	}
}

// refuseDeletion deletes for real only once a dry run is refused: while the protection
// does not work there is no use in losing the room as well.
func refuseDeletion(admin client.Client) func(context.Context) observation {
	const remedy = "kubectl annotate profile " + protectedRoom + " " + profilev1.PreventDeletionAnnotation + "-"
	return func(ctx context.Context) observation {
		profile := profileOf(protectedRoom, "")
		err := soon(ctx, remove(admin, profile, client.DryRunAll), func(err error) bool { return err != nil })
		if err != nil {
			err = remove(admin, profile)(ctx)
		}
		return observeForbidden(err, remedy, "refused, says how")
	}
}

func profileOf(name, user string) *profilev1.Profile {
	return &profilev1.Profile{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec:       profilev1.ProfileSpec{Owner: rbacv1.Subject{Kind: rbacv1.UserKind, Name: user}},
	}
}
