package cli

import (
	"context"
	"errors"
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
		if err := f.findCredentials(ctx, e); err != nil {
			return migration.AWSLook{Unseen: withoutCredentials(err)}
		}
		look, err := f.lookAtRoles(ctx, e, cluster)
		if err != nil {
			return migration.AWSLook{Unseen: inOneLine(err)}
		}
		return look
	}
}

// withoutCredentials says why there are no AWS credentials. The last place where the SDK looks for
// some is the machine it runs on; what that says would tell nobody anything.
func withoutCredentials(err error) string {
	if errors.Is(err, context.DeadlineExceeded) || strings.Contains(err.Error(), "EC2 IMDS") {
		return "no AWS credentials were found"
	}
	return "your AWS credentials cannot be used: " + inOneLine(err)
}

// inOneLine leaves out the advice of an error, which is for the verbs of kubectl profile aws.
func inOneLine(err error) string {
	why, _, _ := strings.Cut(err.Error(), "\n")
	return strings.TrimSuffix(why, ".")
}

func (f *awsFlags) findCredentials(ctx context.Context, e *Environment) error {
	ctx, cancel := context.WithTimeout(ctx, findCredentialsFor)
	defer cancel()
	settings, err := f.configure(ctx, e, awsroles.RegionOfIssuer(""))
	if err != nil {
		return err
	}
	_, err = settings.Credentials.Retrieve(ctx)
	return err
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
