package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kfprofiles/kfprofiles/internal/cli/awsroles"
	"github.com/kfprofiles/kfprofiles/internal/plugin/awsirsa/trustpolicy"
)

// controllerTag on the controller's role has the issuer of the cluster that it is for.
const controllerTag = "kubeflow.org/profiles-controller"

type awsSetup struct {
	awsFlags
	roles  []string
	role   string
	script scriptFlag
	dryRun dryRun
}

func newAWSSetup(e *Environment) *cobra.Command {
	var s awsSetup
	c := &cobra.Command{
		Use:   "setup --roles role/PATH/*",
		Short: "Let the controller edit the trust policies of the Profiles' roles",
		Long: `Let the controller edit the trust policies of the Profiles' roles, and nothing else in AWS:

  1. IAM takes the tokens of this cluster (its OIDC provider).
  2. The controller's role, which lets in the controller's service account alone.
  3. Its policy: iam:GetRole and iam:UpdateAssumeRolePolicy on the roles that --roles names.
  4. The controller's service account is annotated with the role.
  5. The controller is restarted, so that its pods get it.

What is there already is left as it is. So the command can be run again, also after it failed half way.`,
		Example: `  # See what would be done, then do it
  kubectl profile aws setup --roles 'role/profiles/*' --dry-run
  kubectl profile aws setup --roles 'role/profiles/*'

  # Hand it to whoever may work in IAM
  kubectl profile aws setup --roles 'role/profiles/*' --output terraform > controller.tf`,
		Args: noNames,
		RunE: func(c *cobra.Command, _ []string) error { return s.run(c.Context(), e) },
	}
	s.add(c.Flags())
	s.addCluster(c.Flags())
	c.Flags().StringSliceVar(&s.roles, "roles", nil, "Which roles the controller may edit, as role/PATH/*. Required; may be given several times.")
	c.Flags().StringVar(&s.role, "role", "", "The name of the controller's own role, with its path. By default the one that it has, or profiles-controller-CLUSTER.")
	s.script.add(c.Flags())
	s.dryRun.addLocal(c.Flags())
	return c
}

func (s *awsSetup) run(ctx context.Context, e *Environment) error {
	if len(s.roles) == 0 {
		return misused("--roles is required: which roles the controller may edit, such as --roles 'role/profiles/*'")
	}
	if err := s.patterns().Check(); err != nil {
		return misused("--roles: %w", err)
	}
	if err := s.script.check(); err != nil {
		return err
	}
	if err := s.dryRun.refuseServer(); err != nil {
		return err
	}
	cluster, err := e.Connect()
	if err != nil {
		return err
	}
	controller, err := awsroles.FindController(ctx, cluster, e.controllerNamespaces())
	if err != nil {
		return err
	}
	w, err := s.world(ctx, e)
	if err != nil {
		return err
	}
	role, err := s.controllerRole(w, controller)
	if err != nil {
		return err
	}
	if s.script != "" {
		return awsroles.Script{Provider: &w.provider, Role: role, Controller: client.ObjectKeyFromObject(&controller.Account)}.Write(e.Out, string(s.script))
	}
	provider, err := awsroles.ProviderStep(ctx, w.iam, w.provider, role.Audience)
	if err != nil {
		return err
	}
	steps, err := awsroles.RoleSteps(ctx, w.iam, role)
	if err != nil {
		return err
	}
	steps = append([]awsroles.Step{provider}, steps...)
	return carry(ctx, e, s.dryRun, append(steps, controller.Steps(cluster, role.ARN(), e.Now())...))
}

func (s *awsSetup) patterns() awsroles.RolePatterns { return s.roles }

// controllerRole is the controller's role as it shall be.
func (s *awsSetup) controllerRole(w *awsWorld, controller *awsroles.Controller) (awsroles.Role, error) {
	account := controller.Account
	role := awsroles.Role{
		Account: w.account, Provider: w.provider, Audience: trustpolicy.DefaultAudience,
		Subjects:    []string{trustpolicy.Subject(account.Namespace, account.Name)},
		Tags:        map[string]string{controllerTag: w.provider.Issuer},
		Description: "Edits the trust policies of the roles of Kubeflow Profiles",
	}
	var err error
	if role.Name, err = s.controllerRoleName(w, account.Annotations[awsroles.AnnotationRole]); err != nil {
		return role, err
	}
	if err := awsroles.CheckRoleName(role.Name); err != nil {
		return role, misused("--role: %w", err)
	}
	if err := s.patterns().Spare(role); err != nil {
		return role, misused("--roles: %w", err)
	}
	role.Inline = s.patterns().Policy(w.account)
	return role, nil
}

// controllerRoleName is what --role says, or the role that the controller has, or a name made
// from the cluster's.
func (s *awsSetup) controllerRoleName(w *awsWorld, annotated string) (string, error) {
	if s.role != "" {
		return s.role, nil
	}
	if annotated != "" {
		prefix := awsroles.Role{Account: w.account}.ARN()
		name, ours := strings.CutPrefix(annotated, prefix)
		if !ours {
			return "", fmt.Errorf("the controller has the role %s, which is not in the account %s of your AWS credentials. Use credentials of its account, or name another role with --role", annotated, w.account.ID)
		}
		return name, nil
	}
	if w.cluster == "" {
		return "", misused("--role is required: the current context does not tell the name of an EKS cluster to make one from (or give that with --cluster)")
	}
	return "profiles-controller-" + w.cluster, nil
}
