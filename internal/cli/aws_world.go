package cli

import (
	"cmp"
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/spf13/pflag"
	"k8s.io/client-go/discovery"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/kfprofiles/kfprofiles/internal/cli/awsroles"
	"github.com/kfprofiles/kfprofiles/internal/identity"
	"github.com/kfprofiles/kfprofiles/internal/plugin/awsirsa/trustpolicy"
)

// awsFlags are those of all verbs that talk to AWS.
type awsFlags struct{ cluster, region, issuer string }

func (f *awsFlags) add(flags *pflag.FlagSet) {
	f.addRegion(flags)
	flags.StringVar(&f.issuer, "issuer", "", "Who issues the tokens of the cluster's service accounts, as an https URL. By default the API server is asked.")
}

func (f *awsFlags) addRegion(flags *pflag.FlagSet) {
	flags.StringVar(&f.region, "region", "", "The AWS region. By default that of the current context's EKS cluster, or of your AWS configuration.")
}

func (f *awsFlags) addCluster(flags *pflag.FlagSet) {
	flags.StringVar(&f.cluster, "cluster", "", "The EKS cluster's name, for names and descriptions. By default that of the current context. (Not kubectl's --cluster: choose the cluster with --context.)")
}

// awsWorld is where a command works: an account, and a cluster whose tokens it takes.
type awsWorld struct {
	account  awsroles.Account
	provider trustpolicy.Provider
	// cluster is what is known of the EKS cluster.
	cluster awsroles.EKSCluster
	iam     *iam.Client
}

// elsewhere tells whether the cluster is known to be in another account than the credentials.
func (w *awsWorld) elsewhere() bool {
	return w.cluster.Account != "" && w.cluster.Account != w.account.ID
}

// world finds out the account and the cluster. It tells when they do not belong together.
func (f *awsFlags) world(ctx context.Context, e *Environment) (*awsWorld, error) {
	w, err := f.find(ctx, e)
	if err == nil && w.elsewhere() {
		fmt.Fprintf(e.ErrOut, "note: the cluster is in the account %s and your AWS credentials are of %s, where everything is looked for and made\n", w.cluster.Account, w.account.ID)
	}
	return w, err
}

// find is world without a word.
func (f *awsFlags) find(ctx context.Context, e *Environment) (*awsWorld, error) {
	current, err := f.eksCluster(e)
	if err != nil {
		return nil, err
	}
	issuer, err := f.issuerOf(ctx, e)
	if err != nil {
		return nil, err
	}
	settings, err := f.configure(ctx, e, awsroles.RegionOfIssuer(issuer))
	if err != nil {
		return nil, err
	}
	w := &awsWorld{cluster: current, iam: iam.NewFromConfig(settings)}
	if w.account, err = awsroles.AccountOf(ctx, sts.NewFromConfig(settings)); err != nil {
		return nil, err
	}
	w.provider, err = trustpolicy.NewProvider(w.account.Partition, w.account.ID, issuer)
	return w, err
}

// eksCluster is the cluster of the current context, as far as its name tells, or what --cluster
// says of one whose name tells nothing. All else comes from the context, so the two must agree.
func (f *awsFlags) eksCluster(e *Environment) (awsroles.EKSCluster, error) {
	name, current, err := currentContext(e)
	if err != nil {
		return awsroles.EKSCluster{}, err
	}
	var c awsroles.EKSCluster
	if current != nil {
		c = awsroles.EKSClusterNamed(current.Cluster)
	}
	if chosen := e.Kubeconfig.ClusterName; chosen != nil && *chosen != "" {
		c = awsroles.EKSClusterNamed(*chosen)
	}
	if f.cluster == "" || f.cluster == c.Name {
		return c, nil
	}
	if c.Name != "" {
		return c, misused("--cluster is %s, and the context %s is that of the EKS cluster %s. Choose the cluster with --context, and leave --cluster out", f.cluster, name, c.Name)
	}
	c.Name = f.cluster
	return c, nil
}

// currentContext is the context of the kubeconfig that is worked in, or nil when there is none.
func currentContext(e *Environment) (name string, current *clientcmdapi.Context, err error) {
	kubeconfig, err := e.Kubeconfig.ToRawKubeConfigLoader().RawConfig()
	if err != nil {
		return "", nil, fmt.Errorf("find the cluster: %w", err)
	}
	name = kubeconfig.CurrentContext
	if chosen := e.Kubeconfig.Context; chosen != nil && *chosen != "" {
		name = *chosen
	}
	return name, kubeconfig.Contexts[name], nil
}

// issuerOf asks the API server who issues the tokens of its service accounts.
func (f *awsFlags) issuerOf(ctx context.Context, e *Environment) (string, error) {
	if f.issuer != "" {
		if err := identity.CheckIssuer(f.issuer); err != nil {
			return "", misused("--issuer: %w", err)
		}
		return f.issuer, nil
	}
	settings, err := e.Kubeconfig.ToRESTConfig()
	if err != nil {
		return "", fmt.Errorf("find the cluster: %w", err)
	}
	cluster, err := discovery.NewDiscoveryClientForConfig(settings)
	if err != nil {
		return "", err
	}
	asked := identity.Issuer{API: cluster.RESTClient()}
	issuer, err := asked.URL(ctx)
	if err != nil {
		return "", fmt.Errorf("find out who issues the cluster's tokens: %w\nYou can say it with --issuer", err)
	}
	return issuer, nil
}

// configure reads the AWS configuration as every SDK does. Where it names no region, and neither does
// anything else, anyRegion is taken: IAM is global in its partition and the SDK wants one all the same.
func (f *awsFlags) configure(ctx context.Context, e *Environment, anyRegion string) (aws.Config, error) {
	region, err := f.regionOf(e)
	if err != nil {
		return aws.Config{}, err
	}
	settings, err := config.LoadDefaultConfig(ctx, config.WithRegion(region))
	if err != nil {
		return settings, fmt.Errorf("read the AWS configuration: %w", err)
	}
	settings.Region = cmp.Or(settings.Region, anyRegion)
	return settings, nil
}

// regionOf is the region that the flags or the kubeconfig name, or empty.
func (f *awsFlags) regionOf(e *Environment) (string, error) {
	if f.region != "" {
		return f.region, nil
	}
	current, err := f.eksCluster(e)
	return current.Region, err
}
