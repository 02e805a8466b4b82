// Command controlplane is a whole Kubernetes control plane in one program, for
// tests and for trying kubectl-airunway on one machine without a cluster.
//
//	controlplane serve --dir DIR   etcd, API server, controller manager, scheduler
//	controlplane guard CMD ARG...  runs CMD for as long as standard input is open
//
// Every process of this program lives only while its standard input is open.
// The starting process holds the other end of that pipe, so that nothing is left
// behind however that process ends: return, panic, Ctrl-C, or SIGKILL.
package main

import (
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"k8s.io/component-base/cli"
	controllermanager "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
)

// The parts that run as a process of their own, under these subcommands.
const (
	controllerManagerPart = "kube-controller-manager"
	schedulerPart         = "kube-scheduler"
)

func main() {
	if len(os.Args) < 2 {
		fail(fmt.Errorf("usage: controlplane serve --dir DIR | guard CMD ARG..."))
	}
	// The terminal sends Ctrl-C to every process of the foreground group. Only the
	// starting process decides about the end, and tells it by closing the pipe.
	signal.Ignore(syscall.SIGINT, syscall.SIGHUP)

	part, rest := os.Args[1], os.Args[2:]
	// The commands of Kubernetes read os.Args.
	os.Args = append([]string{part}, rest...)
	var err error
	switch part {
	case "serve":
		err = serve(rest, parentGone())
	case "guard":
		err = guard(rest, parentGone())
	case controllerManagerPart:
		exitWith(parentGone())
		os.Exit(cli.Run(controllermanager.NewControllerManagerCommand()))
	case schedulerPart:
		exitWith(parentGone())
		os.Exit(cli.Run(scheduler.NewSchedulerCommand()))
	default:
		err = fmt.Errorf("unknown subcommand %q", part)
	}
	if err != nil {
		fail(err)
	}
}

// parentGone is closed when standard input ends, that is when the process that
// started this one has ended or wants this one to end.
func parentGone() <-chan struct{} {
	gone := make(chan struct{})
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		close(gone)
	}()
	return gone
}

// exitWith ends this process when gone is closed. There is no state worth saving.
func exitWith(gone <-chan struct{}) {
	go func() {
		<-gone
		os.Exit(0)
	}()
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "controlplane:", err)
	os.Exit(1)
}
