package cli

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	jobpb "github.com/apache/beam/sdks/v2/go/pkg/beam/model/jobmanagement_v1"
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

// askToKeepWorkers makes jobs ask for keepWorkers, an option that the SDK has no
// flag for.
func askToKeepWorkers() {
	grpcx.Dial = func(ctx context.Context, endpoint string, timeout time.Duration) (*grpc.ClientConn, error) {
		cc, err := grpc.NewClient("passthrough:///"+endpoint, grpc.WithTransportCredentials(insecure.NewCredentials()),
			grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(math.MaxInt32)), grpc.WithUnaryInterceptor(addOptions))
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

func addOptions(ctx context.Context, method string, request, reply any, cc *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
	if prepare, ok := request.(*jobpb.PrepareJobRequest); ok {
		prepare.GetPipelineOptions().GetFields()["beam:option:environment_cache_millis:v1"] =
			structpb.NewNumberValue(float64(keepWorkers.Milliseconds()))
	}
	return invoke(ctx, method, request, reply, cc, opts...)
}
