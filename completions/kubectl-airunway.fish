complete --keep-order --exclusive --command kubectl-airunway --arguments "(COMPLETE=fish kubectl-airunway -- (commandline --current-process --tokenize --cut-at-cursor) (commandline --current-token))"
