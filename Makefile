# make help lists what there is. Everything that is built lands in .cache, which git
# ignores, and may be deleted at any time.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

CACHE := $(CURDIR)/.cache
BIN := $(CACHE)/bin
KUBERNETES_VERSION := v1.36.3
PLAYGROUND := $(BIN)/playground-$(KUBERNETES_VERSION)
PLAYGROUND_SOURCES := $(filter-out %_test.go,$(wildcard playground/*.go)) playground/go.mod playground/go.sum
# The control plane is always compiled with these settings, for running, testing and
# linting: with others all of Kubernetes would be compiled a second time.
PLAYGROUND_BUILD := CGO_ENABLED=0 GOFLAGS=-trimpath
VERSION_PACKAGE := k8s.io/component-base/version
TOOL_SOURCES := tools/go.mod tools/go.sum

# The image that make image builds and make deploy runs.
IMG ?= kfprofiles/profile-controller:latest
PLATFORMS ?= linux/amd64,linux/arm64
# What make deploy installs.
OVERLAY ?= config/overlays/standalone
# Where make run finds the Deployment in whose place it works.
NAMESPACE ?= profiles-system

# The overlay with the image IMG put in, without changing a file of the checkout.
RENDER = mkdir -p $(CACHE)/deploy && echo 'resources: [../../$(OVERLAY)]' > $(CACHE)/deploy/kustomization.yaml && \
	(cd $(CACHE)/deploy && $(BIN)/kustomize edit set image kfprofiles/profile-controller=$(IMG)) && \
	$(BIN)/kustomize build $(CACHE)/deploy

# The demo takes the place of its shell, so that Ctrl-C reaches it alone.
BUILD_DEMO = echo "building the demo (a minute or two the first time, then seconds)" >&2 && go build -o $(BIN)/demo ./demo

##@ Start here

.PHONY: help
help: ## Show this list.
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z0-9-]+:.*## / {printf "  %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: demo
demo: $(PLAYGROUND) ## Start a real control plane, make Profiles of examples/, try every claim. CI=true exits afterwards.
	@$(BUILD_DEMO) && exec $(BIN)/demo

.PHONY: test
test: $(PLAYGROUND) ## Run every test, those against a real API server included.
	go test -timeout 30m ./...
	@# Without vet: it would have to analyse all of Kubernetes. make lint runs it here.
	cd playground && $(PLAYGROUND_BUILD) go test -timeout 10m -vet=off ./...
	cd tools && go test -timeout 10m ./...

##@ Try things

.PHONY: playground-up
playground-up: $(PLAYGROUND) ## Start a control plane with the controller in the background; prints export KUBECONFIG=...
	@$(BUILD_DEMO) && exec $(BIN)/demo up

.PHONY: playground-down
playground-down: ## Stop it and forget its state.
	@$(BUILD_DEMO) && exec $(BIN)/demo down

##@ Work on the code

.PHONY: generate
generate: $(BIN)/controller-gen ## Write the generated code, CRDs and ClusterRole anew.
	$(BIN)/controller-gen object paths=./api/...
	$(BIN)/controller-gen crd paths=./api/... output:crd:dir=config/crd
	$(BIN)/controller-gen rbac:roleName=profiles-controller-role paths=./internal/profile/... output:rbac:dir=config/rbac
	$(BIN)/controller-gen rbac:roleName=profiles-kfam-role paths=./internal/kfam/... output:rbac:dir=config/kfam
	$(MAKE) --no-print-directory chart-files

.PHONY: chart-files
chart-files: ## Copy into the Helm chart what it has in common with config/.
	@cd charts/kfprofiles/files && find . -type f | while read -r file; do cp "../../../config/$$file" "$$file"; done

.PHONY: verify
verify: generate ## Fail when generated files are stale or go.mod files are untidy.
	@for module in . playground tools tools/lint test/interop test/deploy; do (cd $$module && go mod tidy -diff) || { echo "go.mod of $$module is not tidy: run go mod tidy there" >&2; exit 1; }; done
	@changed=$$(git status --porcelain -- api config charts); if [ -n "$$changed" ]; then echo "generated files are stale; run make generate and commit:" >&2; echo "$$changed" >&2; exit 1; fi

.PHONY: lint
lint: $(BIN)/golangci-lint ## Check style, mistakes and the layer rules.
	$(BIN)/golangci-lint run ./...
	cd playground && $(PLAYGROUND_BUILD) $(BIN)/golangci-lint run --config ../.golangci.yml ./...
	cd tools && $(BIN)/golangci-lint run --config ../.golangci.yml ./...
	cd test/interop && $(BIN)/golangci-lint run --config ../../.golangci.yml ./...
	cd test/deploy && $(BIN)/golangci-lint run --config ../../.golangci.yml ./...

.PHONY: fmt
fmt: $(BIN)/golangci-lint ## Format the code.
	$(BIN)/golangci-lint fmt ./...

.PHONY: bench
bench: $(PLAYGROUND) ## Measure against a bare client. N="200 1000", BENCH_JSON=file for the figures.
	@go run ./test/bench -n "$(or $(N),200 1000)" $(if $(BENCH_JSON),-json "$(BENCH_JSON)")

.PHONY: e2e
e2e: $(PLAYGROUND) ## Run only the journeys and attacks on the real control plane.
	go test -timeout 30m -v ./test/e2e/... ./test/e2ekfam/... ./test/e2ecli/...

.PHONY: interop
interop: ## Have Istio's own code decide whom our mesh policies admit. Compiles Istio the first time.
	@# Go does not see changes of files outside a module, so nothing may come from its cache.
	cd test/interop && go test -count=1 -timeout 20m ./...

.PHONY: deploy-test
deploy-test: $(PLAYGROUND) ## Try the overlays on the control plane, the Helm chart, alerts, dashboard and the Terraform module.
	@# Go does not see changes of files outside a module, so nothing may come from its cache.
	cd test/deploy && go test -count=1 -timeout 15m ./...

.PHONY: e2e-aws
e2e-aws: $(PLAYGROUND) ## AWS roles against Ceph's RADOS Gateway. Needs Debian's radosgw, ceph-mon, ceph-osd.
	go test -tags e2eaws -count=1 -timeout 15m -v ./test/e2eaws

.PHONY: clean
clean: playground-down ## Remove everything that was built.
	rm -rf $(CACHE) dist

##@ Use a cluster (the one that KUBECONFIG points at)

.PHONY: install
install: ## Install the CRD.
	kubectl apply --server-side --force-conflicts -k config/crd

.PHONY: uninstall
uninstall: ## Remove the CRD. Refused while there are Profiles.
	@profiles=$$(kubectl get profiles.kubeflow.org -o name --ignore-not-found 2>/dev/null || true); if [ -n "$$profiles" ]; then \
		echo "There are Profiles, and without the CRD they and their namespaces would go:" >&2; echo "$$profiles" >&2; \
		echo "Delete them first, while the controller runs: kubectl delete profiles --all" >&2; exit 1; fi
	kubectl delete --ignore-not-found -k config/crd

.PHONY: deploy
deploy: $(BIN)/kustomize ## Install the CRD and the controller, with the image IMG.
	@$(RENDER) | kubectl apply --server-side --force-conflicts -f -

.PHONY: undeploy
undeploy: $(BIN)/kustomize ## Remove the controller. All Profiles stay, and what they and their people need.
	@# What Profiles are, the roles of those who work there, and the namespace with the seal.
	@$(RENDER) | $(BIN)/kustomize cfg grep --annotate=false --invert-match 'kind=CustomResourceDefinition|Namespace' | \
		$(BIN)/kustomize cfg grep --annotate=false --invert-match metadata.name=^kubeflow- | kubectl delete --ignore-not-found -f -

.PHONY: run
run: ## Run the controller here, as the Deployment in NAMESPACE (profiles-system) says. Scale that to zero first.
	@exec tools/run-here.sh "$(NAMESPACE)"

.PHONY: image
# The second names are the paths of the Kubeflow images' programs, so that manifests made for
# those need another image and nothing else.
image: $(BIN)/image ## Build the OCI image of both programs into dist/image, for PLATFORMS, without a Docker daemon.
	$(BIN)/image -package ./cmd/profile-controller -package ./cmd/kfam -entrypoint profile-controller \
		-alias manager=profile-controller -alias access-management=kfam -platforms $(PLATFORMS) -tag $(IMG) -licenses Apache-2.0 \
		-revision "$$(git rev-parse HEAD)" -source https://github.com/kfprofiles/kfprofiles -output dist/image

##@ Build

.PHONY: build
build: ## Build the controller, the access API and kubectl profile into .cache/bin.
	go build -trimpath -ldflags "-s -w" -o $(BIN)/ ./cmd/profile-controller ./cmd/kfam ./cmd/kubectl-profile
	cp cmd/kubectl-profile/kubectl_complete-profile $(BIN)/

.PHONY: playground
playground: $(PLAYGROUND) ## Build the control plane (a few minutes the first time).

$(PLAYGROUND): $(PLAYGROUND_SOURCES)
	@echo "building the control plane $(KUBERNETES_VERSION): a few minutes the first time, then seconds" >&2
	@cd playground && $(PLAYGROUND_BUILD) go build -ldflags "-s -w -X $(VERSION_PACKAGE).gitVersion=$(KUBERNETES_VERSION) -X $(VERSION_PACKAGE).gitMajor=1 -X $(VERSION_PACKAGE).gitMinor=36" -o $@.new .
	@mv $@.new $@
	@ln -sf $(notdir $@) $(BIN)/kubectl

$(BIN)/controller-gen: $(TOOL_SOURCES)
	go build -C tools -o $@ sigs.k8s.io/controller-tools/cmd/controller-gen

$(BIN)/kustomize: $(TOOL_SOURCES)
	go build -C tools -o $@ sigs.k8s.io/kustomize/kustomize/v5

$(BIN)/image: $(TOOL_SOURCES) $(filter-out %_test.go,$(wildcard tools/image/*.go))
	go build -C tools -o $@ ./image

$(BIN)/golangci-lint: tools/lint/go.mod tools/lint/go.sum
	@echo "building golangci-lint: a few minutes the first time" >&2
	@go build -C tools/lint -o $@ github.com/golangci/golangci-lint/v2/cmd/golangci-lint
