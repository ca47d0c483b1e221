package awspodidentity

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eks"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/plugin"
)

// clusterName finds out which EKS cluster the controller works in. An EKS cluster has a
// token issuer of its own, so the one with the issuer of this API server is the one. It is
// looked for once in the life of a process, and not at all when the name is given.
type clusterName struct {
	// looking is full while somebody looks for it.
	looking chan struct{}

	mu    sync.Mutex
	known string
	// failure is why it could not be found, and since when.
	failure  *plugin.Error
	failedAt time.Time
}

// passingFor is how long a passing fault answers all who ask for the cluster, so that they do not
// wait for EKS one after the other.
const passingFor = 5 * time.Second

// lookPatience is how long others wait for who looks for the cluster: about as long as EKS takes to
// answer when all is well. Longer would hold up Profiles that want nothing of EKS.
const lookPatience = 2 * time.Second

// clusterOf returns the name of the cluster.
func (p *Plugin) clusterOf(ctx context.Context) (string, error) {
	c := &p.cluster
	if known, err := c.remembered(p.memory.timing.Failure); known != "" || err != nil {
		return known, err
	}
	select {
	case c.looking <- struct{}{}:
		defer func() { <-c.looking }()
	case <-time.After(lookPatience):
		return "", c.beingLookedFor()
	case <-ctx.Done():
		return "", ctx.Err()
	}
	if known, err := c.remembered(p.memory.timing.Failure); known != "" || err != nil {
		return known, err // Somebody else has just finished.
	}
	issuer, err := p.issuer(ctx)
	if err != nil {
		return "", fmt.Errorf("find out who issues the cluster's tokens: %w", err)
	}
	name, failure := p.begin().discover(ctx, issuer)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.known, c.failure, c.failedAt = name, failure, time.Now()
	if failure != nil {
		return "", failure
	}
	return name, nil
}

// remembered returns the name, or why it could not be found of late, or neither.
func (c *clusterName) remembered(refusedFor time.Duration) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known != "" || c.failure == nil {
		return c.known, nil
	}
	stands := refusedFor
	if c.failure.Kind != plugin.Refused {
		stands = min(stands, passingFor)
	}
	if time.Since(c.failedAt) < stands {
		return "", c.failure
	}
	return "", nil
}

// beingLookedFor is told to who has waited in vain: what went wrong the last time, since they are
// to come again in any case, or that it is being looked for.
func (c *clusterName) beingLookedFor() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.failure != nil {
		return c.failure
	}
	return &plugin.Error{Kind: plugin.Retry, Reason: profilev1.ReasonBinding,
		Message: "The name of this EKS cluster is being found out. It need not be when the controller is started with -aws-eks-cluster."}
}

// discover looks for the cluster with an issuer among those of account and region.
func (x *exchange) discover(ctx context.Context, issuer string) (string, *plugin.Error) {
	looked := 0
	pages := eks.NewListClustersPaginator(x.client, &eks.ListClustersInput{})
	for pages.HasMorePages() {
		var page *eks.ListClustersOutput
		err := x.request(ctx, "ListClusters", func(ctx context.Context) (err error) {
			page, err = pages.NextPage(ctx)
			return err
		})
		if err != nil {
			return "", undiscovered("ListClusters", err)
		}
		for _, name := range page.Clusters {
			found, err := x.issuerOf(ctx, name)
			switch {
			case isGone(err):
				continue
			case err != nil:
				return "", undiscovered("DescribeCluster", err)
			case found == issuer:
				return name, nil
			}
			looked++
		}
	}
	return "", &plugin.Error{Kind: plugin.Refused, Reason: profilev1.ReasonClusterNotFound, Message: fmt.Sprintf(
		"The name of this EKS cluster could not be found out: none of the %d clusters in the controller's account and region has the token issuer %s. Start the controller with -aws-eks-cluster.", looked, issuer)}
}

func (x *exchange) issuerOf(ctx context.Context, cluster string) (string, error) {
	var issuer string
	err := x.request(ctx, "DescribeCluster", func(ctx context.Context) error {
		answer, err := x.client.DescribeCluster(ctx, &eks.DescribeClusterInput{Name: &cluster})
		if err == nil && answer.Cluster != nil && answer.Cluster.Identity != nil && answer.Cluster.Identity.Oidc != nil {
			issuer = aws.ToString(answer.Cluster.Identity.Oidc.Issuer)
		}
		return err
	})
	return issuer, err
}

// undiscovered adds the way around the discovery to what went wrong.
func undiscovered(operation string, err error) *plugin.Error {
	why := explainAny(operation, "the discovery of the cluster's name", err)
	if why.Kind == plugin.Refused {
		why.Message += " Or start the controller with -aws-eks-cluster, and nothing needs to be found out."
	}
	return why
}
