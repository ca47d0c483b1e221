package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/internal/cli/awsroles"
	"github.com/kfprofiles/kfprofiles/internal/plugin/awsirsa"
	"github.com/kfprofiles/kfprofiles/internal/plugin/awsirsa/trustpolicy"
	"github.com/kfprofiles/kfprofiles/plugin"
)

// tellNext says how the Profile gets the role, unless it has it. The role is there by now, so that
// nothing here is a failure: where the Profile cannot be read, the entry is shown all the same.
func (r *awsCreateRole) tellNext(ctx context.Context, e *Environment, role awsroles.Role) {
	accounts, err := plugin.ServiceAccounts(r.accounts)
	if err != nil {
		return // It was checked when the role was made.
	}
	entry := "  - kind: " + awsirsa.Kind + "\n    spec:\n      awsIamRole: " + role.ARN() + "\n"
	byDefault, _ := plugin.ServiceAccounts(nil)
	if !slices.Equal(accounts, byDefault) {
		entry += "      serviceAccounts: [" + strings.Join(accounts, ", ") + "]\n"
	}
	p, err := r.readProfile(ctx, e)
	switch {
	case apierrors.IsNotFound(err) && slices.Equal(accounts, byDefault):
		fmt.Fprintf(e.ErrOut, "Next: kubectl profile create %s --owner OWNER --aws-role %s\n", r.profile, role.ARN())
	case apierrors.IsNotFound(err):
		fmt.Fprintf(e.ErrOut, "Next: kubectl profile create %s --owner OWNER, then kubectl edit profile %s, and add to spec.plugins:\n%s", r.profile, r.profile, entry)
	case err != nil:
		fmt.Fprintf(e.ErrOut, "note: could not look whether profile %s names the role already: %v\nNext, unless it does: kubectl edit profile %s, and add to spec.plugins:\n%s", r.profile, err, r.profile, entry)
	case !names(p, role.ARN(), accounts):
		fmt.Fprintf(e.ErrOut, "Next: kubectl edit profile %s, and see that spec.plugins has:\n%s", r.profile, entry)
	}
}

func (r *awsCreateRole) readProfile(ctx context.Context, e *Environment) (*profilev1.Profile, error) {
	cluster, err := e.Connect()
	if err != nil {
		return nil, err
	}
	p := &profilev1.Profile{}
	return p, cluster.Get(ctx, client.ObjectKey{Name: r.profile}, p)
}

// names tells whether a Profile asks for the role for all of the accounts.
func names(p *profilev1.Profile, role string, accounts []string) bool {
	entries, err := awsroles.EntriesOf(p)
	return err == nil && slices.ContainsFunc(entries, func(entry awsroles.Entry) bool {
		return entry.Role == role && (entry.Audience == "" || entry.Audience == trustpolicy.DefaultAudience) &&
			!slices.ContainsFunc(accounts, func(account string) bool { return !slices.Contains(entry.Accounts, account) })
	})
}
