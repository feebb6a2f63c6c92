package runner

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"runtime"
	"sync"
	"time"

	jobpb "github.com/apache/beam/sdks/v2/go/pkg/beam/model/jobmanagement_v1"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/options/jobopts"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/util/grpcx"
	"google.golang.org/grpc"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/structpb"
)

// keepWorkers is how long Flink keeps the workers of a stage for the next one.
// Without, it starts a process for each of the stages of select, some hundred. It
// is less than the pause after which a job that failed starts again
// (deploy/flink/config.yaml), so that it gets new workers.
const keepWorkers = 2 * time.Second

// watchJobs calls submitted when a job has been, and makes jobs of clusters ask for
// keepWorkers, an option that the SDK has no flag for.
func watchJobs(submitted func()) {
	if isLocal() && !onPrism() {
		return
	}
	watch := func(ctx context.Context, method string, request, reply any, cc *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
		switch request := request.(type) {
		case *jobpb.PrepareJobRequest:
			if !isLocal() {
				askToKeepWorkers(request)
			}
		case *jobpb.RunJobRequest:
			defer submitted()
		}
		return invoke(ctx, method, request, reply, cc, opts...)
	}
	grpcx.Dial = func(ctx context.Context, endpoint string, timeout time.Duration) (*grpc.ClientConn, error) {
		cc, err := grpc.NewClient("passthrough:///"+endpoint, grpc.WithTransportCredentials(insecure.NewCredentials()),
			grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(math.MaxInt32)), grpc.WithUnaryInterceptor(watch))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", endpoint, err)
		}
		ctx, cancel := context.WithTimeout(ctx, timeout)
		defer cancel()
		for state := cc.GetState(); state != connectivity.Ready; state = cc.GetState() {
			cc.Connect()
			if !cc.WaitForStateChange(ctx, state) {
				return nil, errors.Join(fmt.Errorf("no job server answers at %s", endpoint), cc.Close())
			}
		}
		return cc, nil
	}
}

func askToKeepWorkers(request *jobpb.PrepareJobRequest) {
	request.GetPipelineOptions().GetFields()["beam:option:environment_cache_millis:v1"] =
		structpb.NewNumberValue(float64(keepWorkers.Milliseconds()))
}

// scratchSpace gives the SDK a temporary folder of its own where it needs one: for
// workers in this process it makes an empty file, which it leaves, and it fails
// with a stack trace where it cannot. The function that is returned removes the folder,
// when the job has been submitted.
func scratchSpace() (remove func(), err error) {
	if isLocal() && !onPrism() || !jobopts.IsLoopback() {
		return func() {}, nil
	}
	was, set := os.LookupEnv(tempVariable)
	dir, err := os.MkdirTemp("", "exemplar-*")
	if err == nil {
		err = os.Setenv(tempVariable, dir)
	}
	if err != nil {
		return nil, fmt.Errorf("the temporary folder %s cannot be written (%w): free some space there or set %s", os.TempDir(), err, tempVariable)
	}
	return sync.OnceFunc(func() {
		if set {
			os.Setenv(tempVariable, was)
		} else {
			os.Unsetenv(tempVariable)
		}
		os.RemoveAll(dir)
	}), nil
}

// tempVariable is the variable that names the temporary folder.
var tempVariable = map[bool]string{true: "TMP", false: "TMPDIR"}[runtime.GOOS == "windows"]
