package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"flag"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/pflag"
	"go.etcd.io/etcd/server/v3/embed"
	utilerrors "k8s.io/apimachinery/pkg/util/errors"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	"k8s.io/kubernetes/cmd/kube-apiserver/app/options"
)

const (
	startTimeout = 120 * time.Second
	readyPeriod  = 100 * time.Millisecond
	loopback     = "127.0.0.1"
)

// started is printed on standard output, on one line, when everything runs.
type started struct {
	Server string `json:"server"`
	Dir    string `json:"dir"`
	// Kubeconfig of each user, by name.
	Kubeconfigs map[string]string `json:"kubeconfigs"`
	// AuditLog holds the requests of the audited users, one JSON event a line.
	AuditLog string `json:"auditLog"`
}

// serve runs a control plane below a folder until gone is closed, and removes
// the folder then.
func serve(args []string, gone <-chan struct{}) error {
	flags := flag.NewFlagSet("serve", flag.ContinueOnError)
	dir := flags.String("dir", "", "folder for everything that is written; removed at the end")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *dir == "" {
		return fmt.Errorf("serve needs --dir")
	}
	files := layout{*dir}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	failed := make(chan error, 4)
	go func() {
		if err := start(ctx, files, failed); err != nil {
			failed <- err
		}
	}()
	var err error
	select {
	case err = <-failed:
		// The logs stay for whoever wants to know why, until the starter ends too.
		select {
		case <-gone:
		case <-time.After(startTimeout):
		}
	case <-gone:
	case <-ctx.Done():
	}
	// The children watch a pipe that ends with this process.
	_ = os.RemoveAll(*dir)
	return err
}

// start brings the parts up, one after the other, and says so on standard output.
func start(ctx context.Context, files layout, failed chan<- error) error {
	tokens, err := files.writeStart()
	if err != nil {
		return err
	}
	etcd, err := startEtcd(files)
	if err != nil {
		return fmt.Errorf("etcd: %w", err)
	}
	listener, err := net.Listen("tcp", net.JoinHostPort(loopback, "0"))
	if err != nil {
		return err
	}
	server := "https://" + listener.Addr().String()
	go func() {
		err := runAPIServer(ctx, files, etcd, listener)
		if err == nil && ctx.Err() == nil {
			err = fmt.Errorf("ended")
		}
		if err != nil {
			failed <- fmt.Errorf("API server: %w", err)
		}
	}()
	if err := waitForFile(ctx, files.path("certs/apiserver.crt")); err != nil {
		return err
	}
	if err := files.writeKubeconfigs(server, tokens); err != nil {
		return err
	}
	config := files.kubeconfig("reference")
	if err := waitForReady(ctx, config); err != nil {
		return err
	}
	if err := startPart(files, failed, controllerManagerPart,
		"--kubeconfig="+config,
		"--authentication-kubeconfig="+config,
		"--authorization-kubeconfig="+config,
		"--service-account-private-key-file="+files.path("service-account.key"),
		"--root-ca-file="+files.path("certs/apiserver.crt"),
		"--leader-elect=false",
		"--secure-port=0",
		"--controllers=*,-node-ipam-controller,-service-lb-controller,-cloud-node-lifecycle-controller",
	); err != nil {
		return err
	}
	if err := startPart(files, failed, schedulerPart,
		"--kubeconfig="+config,
		"--authentication-kubeconfig="+config,
		"--authorization-kubeconfig="+config,
		"--leader-elect=false",
		"--secure-port=0",
	); err != nil {
		return err
	}
	report := started{Server: server, Dir: files.dir, Kubeconfigs: map[string]string{}, AuditLog: files.path("audit.log")}
	for _, user := range users {
		report.Kubeconfigs[user.name] = files.kubeconfig(user.name)
	}
	return json.NewEncoder(os.Stdout).Encode(report)
}

// startEtcd runs etcd in this process on a port of the system's choice and
// returns its client address.
func startEtcd(files layout) (string, error) {
	anyPort := []url.URL{{Scheme: "http", Host: net.JoinHostPort(loopback, "0")}}
	config := embed.NewConfig()
	config.Dir = files.path("etcd")
	config.LogLevel = "warn"
	config.LogOutputs = []string{files.path("etcd.log")}
	config.UnsafeNoFsync = true
	config.ListenClientUrls, config.AdvertiseClientUrls = anyPort, anyPort
	config.ListenPeerUrls, config.AdvertisePeerUrls = anyPort, anyPort
	config.InitialCluster = config.InitialClusterFromName(config.Name)
	server, err := embed.StartEtcd(config)
	if err != nil {
		return "", err
	}
	select {
	case <-server.Server.ReadyNotify():
	case err := <-server.Err():
		return "", err
	case <-time.After(startTimeout):
		return "", fmt.Errorf("not ready after %s", startTimeout)
	}
	return "http://" + server.Clients[0].Addr().String(), nil
}

// runAPIServer runs kube-apiserver in this process on a listener that is open
// already, so that no other program can take its port in between.
func runAPIServer(ctx context.Context, files layout, etcd string, listener net.Listener) error {
	server := options.NewServerRunOptions()
	flags := pflag.NewFlagSet("kube-apiserver", pflag.ContinueOnError)
	for _, set := range server.Flags().FlagSets {
		flags.AddFlagSet(set)
	}
	if err := flags.Parse([]string{
		"--etcd-servers=" + etcd,
		"--cert-dir=" + files.path("certs"),
		"--service-account-issuer=https://kubernetes.default.svc",
		"--service-account-key-file=" + files.path("service-account.key"),
		"--service-account-signing-key-file=" + files.path("service-account.key"),
		"--token-auth-file=" + files.path("tokens.csv"),
		"--authorization-mode=RBAC",
		"--service-cluster-ip-range=10.96.0.0/16",
		"--allow-privileged=true",
		"--advertise-address=" + loopback,
		"--audit-policy-file=" + files.path("audit-policy.yaml"),
		"--audit-log-path=" + files.path("audit.log"),
		"--audit-log-mode=blocking",
	}); err != nil {
		return err
	}
	server.SecureServing.Listener = listener
	server.SecureServing.BindAddress = net.ParseIP(loopback)
	server.SecureServing.BindPort = listener.Addr().(*net.TCPAddr).Port
	if err := server.GenericServerRunOptions.ComponentGlobalsRegistry.Set(); err != nil {
		return err
	}
	completed, err := server.Complete(ctx)
	if err != nil {
		return err
	}
	if errs := completed.Validate(); len(errs) != 0 {
		return utilerrors.NewAggregate(errs)
	}
	return apiserver.Run(ctx, completed)
}

// startPart runs a part as a process of its own, with its output in a file.
func startPart(files layout, failed chan<- error, part string, args ...string) error {
	program, err := os.Executable()
	if err != nil {
		return err
	}
	log, err := os.Create(files.path(part + ".log"))
	if err != nil {
		return err
	}
	child := exec.Command(program, append([]string{part}, args...)...)
	child.Stdout, child.Stderr = log, log
	// Nothing is ever written to it: it ends when this process ends.
	if _, err := child.StdinPipe(); err != nil {
		return err
	}
	if err := child.Start(); err != nil {
		return err
	}
	go func() {
		failed <- fmt.Errorf("%s ended: %v", part, child.Wait())
	}()
	return nil
}

func waitForFile(ctx context.Context, path string) error {
	return waitFor(ctx, "the certificate of the API server", func() bool {
		_, err := os.Stat(path)
		return err == nil
	})
}

func waitForReady(ctx context.Context, kubeconfig string) error {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return err
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	return waitFor(ctx, "the API server", func() bool {
		return client.Discovery().RESTClient().Get().AbsPath("/readyz").Do(ctx).Error() == nil
	})
}

func waitFor(ctx context.Context, what string, done func() bool) error {
	deadline := time.After(startTimeout)
	for !done() {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-deadline:
			return fmt.Errorf("waited %s in vain for %s", startTimeout, what)
		case <-time.After(readyPeriod):
		}
	}
	return nil
}

func base64Of(data []byte) string { return base64.StdEncoding.EncodeToString(data) }
