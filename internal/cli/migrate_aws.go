package cli

import (
	"context"
	"strings"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kfprofiles/kfprofiles/internal/cli/awsroles"
	"github.com/kfprofiles/kfprofiles/internal/cli/migration"
	"github.com/kfprofiles/kfprofiles/internal/plugin/awsirsa/trustpolicy"
)

// How long AWS is looked at on the way. Where there are no credentials, the SDK tries for a
// while to get some from a machine that it may be running on.
const (
	findCredentialsFor = 5 * time.Second
	lookAtAWSFor       = time.Minute
)

// lookAtAWS looks through the roles of the account whose credentials the admin has, as aws audit
// does. Who has none is told so, and goes on.
func (e *Environment) lookAtAWS(cluster client.Reader) func(context.Context) migration.AWSLook {
	return func(ctx context.Context) migration.AWSLook {
		ctx, cancel := context.WithTimeout(ctx, lookAtAWSFor)
		defer cancel()
		var f awsFlags
		if !f.findsCredentials(ctx, e) {
			return migration.AWSLook{Unseen: "no AWS credentials were found"}
		}
		look, err := f.lookAtRoles(ctx, e, cluster)
		if err != nil {
			// What else it says is advice for the verbs of kubectl profile aws.
			why, _, _ := strings.Cut(err.Error(), "\n")
			return migration.AWSLook{Unseen: strings.TrimSuffix(why, ".")}
		}
		return look
	}
}

func (f *awsFlags) findsCredentials(ctx context.Context, e *Environment) bool {
	ctx, cancel := context.WithTimeout(ctx, findCredentialsFor)
	defer cancel()
	settings, err := f.configure(ctx, e, awsroles.RegionOfIssuer(""))
	if err != nil {
		return false
	}
	_, err = settings.Credentials.Retrieve(ctx)
	return err == nil
}

func (f *awsFlags) lookAtRoles(ctx context.Context, e *Environment, cluster client.Reader) (migration.AWSLook, error) {
	look := migration.AWSLook{Roles: map[string]awsroles.Audited{}}
	w, err := f.world(ctx, e)
	if err != nil {
		return look, err
	}
	tenants, err := awsroles.ReadTenants(ctx, cluster)
	if err != nil {
		return look, err
	}
	roles, err := awsroles.ListRoles(ctx, w.iam)
	if err != nil {
		return look, err
	}
	look.Account = w.account.ID
	for _, role := range roles {
		// One that does not trust the cluster is not open to it.
		look.Roles[role.ARN], _ = awsroles.Audit(role, w.provider, trustpolicy.DefaultSizeLimit, tenants)
	}
	return look, nil
}
