package interop

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	listenerv3 "github.com/envoyproxy/go-control-plane/envoy/config/listener/v3"
	rbacv3 "github.com/envoyproxy/go-control-plane/envoy/config/rbac/v3"
	routev3 "github.com/envoyproxy/go-control-plane/envoy/config/route/v3"
	httprbacv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/rbac/v3"
	routerv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/router/v3"
	hcmv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/http_connection_manager/v3"
	discoveryv3 "github.com/envoyproxy/go-control-plane/envoy/service/discovery/v3"
	"github.com/envoyproxy/go-control-plane/pkg/cache/types"
	cachev3 "github.com/envoyproxy/go-control-plane/pkg/cache/v3"
	resourcev3 "github.com/envoyproxy/go-control-plane/pkg/resource/v3"
	serverv3 "github.com/envoyproxy/go-control-plane/pkg/server/v3"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/credentials"
	xdscredentials "google.golang.org/grpc/credentials/xds"
	"google.golang.org/grpc/health"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/xds"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
	"istio.io/istio/pkg/wellknown"
)

// patience is how long a server may take to get its rules and to answer.
const patience = 20 * time.Second

// engine is a management server for any number of doors.
type engine struct {
	authority *authority
	snapshots cachev3.SnapshotCache
	address   string
}

func newEngine(t *testing.T) *engine {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	e := &engine{authority: newAuthority(t), snapshots: cachev3.NewSnapshotCache(true, cachev3.IDHash{}, nil)}
	management := grpc.NewServer()
	discoveryv3.RegisterAggregatedDiscoveryServiceServer(management, serverv3.NewServer(ctx, e.snapshots, nil))
	e.address = serve(t, management.Serve, func() { stop(); management.Stop() })
	return e
}

// door is a gRPC server that admits whom rules admit.
type door struct {
	engine  *engine
	address string
	// clients has a connection for each identity.
	clients map[string]*grpc.ClientConn
}

// open starts a server with the rules; nil means none, and so that everybody is admitted.
func (e *engine) open(t *testing.T, rules *rbacv3.RBAC) *door {
	t.Helper()
	socket := listen(t)
	node := socket.Addr().String()
	e.publish(t, node, listener(t, socket.Addr().(*net.TCPAddr), rules))
	tlsConfig := &tls.Config{
		MinVersion:   tls.VersionTLS13,
		Certificates: []tls.Certificate{e.authority.certify(t, "cluster.local/ns/"+profileName+"/sa/default-editor")},
		ClientAuth:   tls.VerifyClientCertIfGiven,
		ClientCAs:    e.authority.pool,
	}
	certificates, err := xdscredentials.NewServerCredentials(xdscredentials.ServerOptions{FallbackCreds: credentials.NewTLS(tlsConfig)})
	if err != nil {
		t.Fatal(err)
	}
	serving := make(modes, 1)
	server, err := xds.NewGRPCServer(grpc.Creds(certificates), xds.BootstrapContentsForTesting(e.bootstrap(node)), xds.ServingModeCallback(serving.report))
	if err != nil {
		t.Fatal(err)
	}
	healthv1.RegisterHealthServer(server, health.NewServer())
	d := &door{engine: e, clients: map[string]*grpc.ClientConn{}}
	d.address = serveOn(t, socket, server.Serve, server.Stop)
	serving.await(t)
	return d
}

// modes gets the first that a server says of itself: that it serves by the rules, or why it
// does not take them.
type modes chan xds.ServingModeChangeArgs

func (m modes) report(_ net.Addr, mode xds.ServingModeChangeArgs) {
	select {
	case m <- mode:
	default:
	}
}

// await spares the first client a connection that the server, still without rules, would
// refuse, and the pause after it.
func (m modes) await(t *testing.T) {
	t.Helper()
	select {
	case mode := <-m:
		if mode.Mode != connectivity.ServingModeServing {
			t.Fatalf("the engine does not take the rules: %v", mode.Err)
		}
	case <-time.After(patience):
		t.Fatal("the engine got no rules")
	}
}

func (e *engine) bootstrap(node string) []byte {
	return fmt.Appendf(nil, `{
		"xds_servers": [{"server_uri": %q, "channel_creds": [{"type": "insecure"}], "server_features": ["xds_v3"]}],
		"node": {"id": %q},
		"server_listener_resource_name_template": "%%s"
	}`, e.address, node)
}

func (e *engine) publish(t *testing.T, node string, l *listenerv3.Listener) {
	t.Helper()
	snapshot, err := cachev3.NewSnapshot("1", map[resourcev3.Type][]types.Resource{resourcev3.ListenerType: {l}})
	if err != nil {
		t.Fatal(err)
	}
	if err := e.snapshots.SetSnapshot(context.Background(), node, snapshot); err != nil {
		t.Fatal(err)
	}
}

// listener is the configuration of a gRPC server: the rules and nothing else.
func listener(t *testing.T, address *net.TCPAddr, rules *rbacv3.RBAC) *listenerv3.Listener {
	t.Helper()
	connections := &hcmv3.HttpConnectionManager{
		HttpFilters: []*hcmv3.HttpFilter{
			{Name: wellknown.HTTPRoleBasedAccessControl, ConfigType: &hcmv3.HttpFilter_TypedConfig{TypedConfig: packed(t, &httprbacv3.RBAC{Rules: rules})}},
			{Name: wellknown.Router, ConfigType: &hcmv3.HttpFilter_TypedConfig{TypedConfig: packed(t, &routerv3.Router{})}},
		},
		RouteSpecifier: &hcmv3.HttpConnectionManager_RouteConfig{RouteConfig: &routev3.RouteConfiguration{
			VirtualHosts: []*routev3.VirtualHost{{Name: "all", Domains: []string{"*"}, Routes: []*routev3.Route{{
				Match:  &routev3.RouteMatch{PathSpecifier: &routev3.RouteMatch_Prefix{Prefix: "/"}},
				Action: &routev3.Route_NonForwardingAction{NonForwardingAction: &routev3.NonForwardingAction{}},
			}}}},
		}},
	}
	return &listenerv3.Listener{
		Name: address.String(),
		Address: &corev3.Address{Address: &corev3.Address_SocketAddress{SocketAddress: &corev3.SocketAddress{
			Address: address.IP.String(), PortSpecifier: &corev3.SocketAddress_PortValue{PortValue: uint32(address.Port)}}}},
		FilterChains: []*listenerv3.FilterChain{{Name: "all", Filters: []*listenerv3.Filter{{
			Name: wellknown.HTTPConnectionManager, ConfigType: &listenerv3.Filter_TypedConfig{TypedConfig: packed(t, connections)}}}}},
	}
}

// admits asks the server as the identity, which is empty for a caller outside the mesh.
func (d *door) admits(t *testing.T, identity string, headers metadata.MD) bool {
	t.Helper()
	ctx, stop := context.WithTimeout(metadata.NewOutgoingContext(context.Background(), headers), patience)
	defer stop()
	_, err := healthv1.NewHealthClient(d.client(t, identity)).Check(ctx, &healthv1.HealthCheckRequest{}, grpc.WaitForReady(true))
	switch status.Code(err) {
	case codes.OK:
		return true
	case codes.PermissionDenied:
		return false
	default:
		t.Fatalf("the engine did not decide: %v", err)
		return false
	}
}

func (d *door) client(t *testing.T, identity string) *grpc.ClientConn {
	t.Helper()
	if client, there := d.clients[identity]; there {
		return client
	}
	config := &tls.Config{MinVersion: tls.VersionTLS13, RootCAs: d.engine.authority.pool}
	if identity != "" {
		config.Certificates = []tls.Certificate{d.engine.authority.certify(t, identity)}
	}
	client, err := grpc.NewClient("passthrough:///"+d.address, grpc.WithTransportCredentials(credentials.NewTLS(config)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	d.clients[identity] = client
	return client
}

func packed(t *testing.T, message proto.Message) *anypb.Any {
	t.Helper()
	packed, err := anypb.New(message)
	if err != nil {
		t.Fatal(err)
	}
	return packed
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	socket, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return socket
}

func serve(t *testing.T, run func(net.Listener) error, stop func()) string {
	t.Helper()
	return serveOn(t, listen(t), run, stop)
}

func serveOn(t *testing.T, socket net.Listener, run func(net.Listener) error, stop func()) string {
	t.Helper()
	ended := make(chan error, 1)
	go func() { ended <- run(socket) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil && !strings.Contains(err.Error(), "closed") {
			t.Errorf("a server ended with: %v", err)
		}
	})
	return socket.Addr().String()
}
