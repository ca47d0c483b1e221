package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/internal/tenancy"
)

func quotaClaims(c cast) []claim {
	return []claim{
		{"The quota refuses a pod that asks for 100 cpus", "exceeded quota", refuseTooLarge(c.owner)},
		mayNot("The owner may not raise the quota in the namespace", func(ctx context.Context) error {
			quota := &corev1.ResourceQuota{ObjectMeta: named(ownerRoom, tenancy.ResourceQuota)}
			return c.owner.Patch(ctx, quota, client.RawPatch(types.MergePatchType, []byte(`{"spec":{"hard":{"cpu":"100"}}}`)))
		}),
		mayNot("The owner may not raise the quota in the Profile", func(ctx context.Context) error {
			profile := &profilev1.Profile{ObjectMeta: named("", ownerRoom)}
			return c.owner.Patch(ctx, profile, client.RawPatch(types.MergePatchType, []byte(`{"spec":{"resourceQuotaSpec":{"hard":{"cpu":"100"}}}}`)))
		}),
		{"A quota that is deleted by hand comes back", "comes back", bringBackQuota(c.admin)},
	}
}

// refuseTooLarge waits for the quota's verdict: until the quota controller has counted
// what is in use, pods are refused because that is not known yet.
func refuseTooLarge(as client.Client) func(context.Context) observation {
	return func(ctx context.Context) observation {
		err := soon(ctx, create(as, pod(ownerRoom, "too-large", "100")), func(err error) bool {
			return err == nil || strings.Contains(err.Error(), becauseOfQuota)
		})
		return observeForbidden(err, becauseOfQuota, becauseOfQuota)
	}
}

// bringBackQuota deletes the quota and waits for another with the same limits.
func bringBackQuota(admin client.Client) func(context.Context) observation {
	return func(ctx context.Context) observation {
		quota := &corev1.ResourceQuota{}
		key := types.NamespacedName{Namespace: ownerRoom, Name: tenancy.ResourceQuota}
		if err := admin.Get(ctx, key, quota); err != nil {
			return observation{happened: "there was none", err: err}
		}
		if err := admin.Delete(ctx, quota); err != nil {
			return observation{happened: inShort(err), err: err}
		}
		deleted := time.Now()
		err := wait.PollUntilContextTimeout(ctx, 10*time.Millisecond, soonPatience, true, func(ctx context.Context) (bool, error) {
			now := &corev1.ResourceQuota{}
			if err := admin.Get(ctx, key, now); err != nil {
				return false, client.IgnoreNotFound(err)
			}
			return now.UID != quota.UID && equality.Semantic.DeepEqual(now.Spec, quota.Spec), nil
		})
		if wait.Interrupted(err) {
			return observation{happened: "did not come back", err: fmt.Errorf("after %s there is no quota with the same limits", soonPatience)}
		}
		if err != nil {
			return observation{happened: inShort(err), err: err}
		}
		return observation{happened: fmt.Sprintf("back after %.2f s", time.Since(deleted).Seconds()), holds: true}
	}
}
