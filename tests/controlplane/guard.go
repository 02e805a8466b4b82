package main

import (
	"fmt"
	"os"
	"os/exec"
)

// guard runs a program that does not watch its standard input (kwok) and kills
// it when gone is closed.
func guard(command []string, gone <-chan struct{}) error {
	if len(command) == 0 {
		return fmt.Errorf("guard needs a command")
	}
	child := exec.Command(command[0], command[1:]...)
	child.Stdout, child.Stderr = os.Stdout, os.Stderr
	dieWithParent(child)
	if err := child.Start(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- child.Wait() }()
	select {
	case err := <-ended:
		if err == nil {
			err = fmt.Errorf("%s ended", command[0])
		}
		return err
	case <-gone:
		_ = child.Process.Kill()
		<-ended
		return nil
	}
}
