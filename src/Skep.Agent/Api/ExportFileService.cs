using Grpc.Core;
using Skep.Agent.Events;
using Skep.Tetragon;
using Skep.Tetragon.Api;

namespace Skep.Agent.Api;

/// <summary>Tetragon's service about the rotation of the export file (<c>EventLogService</c>). What is set holds until the agent ends.</summary>
sealed class ExportFileService(AgentControl control)
{
    readonly Lock _changes = new();

    public Task<GetEventLogParamsResponse> Get()
    {
        var rotation = File.Rotation;
        return Task.FromResult(new GetEventLogParamsResponse
        {
            MaxSize = (int)(rotation.MaxSize / ExportRotation.Megabyte), RotationInterval = GoDuration.Text(rotation.Interval), MaxBackups = rotation.MaxBackups,
        });
    }

    public Task<SetEventLogParamsResponse> Set(SetEventLogParamsRequest request)
    {
        var file = File;
        if (request.MaxSize < 0) throw Wrong($"max_size is {request.MaxSize}: megabytes, or 0 for a file that is never full");
        if (request.MaxBackups < 0) throw Wrong($"max_backups is {request.MaxBackups}: how many are kept, or 0 for all");
        var interval = TimeSpan.Zero;
        if (request.HasRotationInterval && (!GoDuration.TryParse(request.RotationInterval, out interval) || interval < TimeSpan.Zero))
        {
            throw Wrong($"rotation_interval is '{request.RotationInterval}': write 24h or 1h30m, or 0s for files that are new by size alone");
        }
        lock (_changes)
        {
            var rotation = file.Rotation;
            file.Rotation = new ExportRotation
            {
                MaxSize = request.HasMaxSize ? request.MaxSize * ExportRotation.Megabyte : rotation.MaxSize,
                Interval = request.HasRotationInterval ? interval : rotation.Interval,
                MaxBackups = request.HasMaxBackups ? request.MaxBackups : rotation.MaxBackups,
            };
        }
        return Task.FromResult(new SetEventLogParamsResponse());
    }

    ExportFileSink File => control.ExportFile ?? throw new RpcException(new Status(StatusCode.FailedPrecondition, "there is no export file: this agent runs without --export-filename"));

    static RpcException Wrong(string message) => new(new Status(StatusCode.InvalidArgument, message));
}
