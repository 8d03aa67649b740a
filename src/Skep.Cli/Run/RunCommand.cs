using System.CommandLine;
using Skep.Cli.Output;

namespace Skep.Cli.Run;

/// <summary><c>skep run</c>: for now, process executions and exits of this host, live.</summary>
static class RunCommand
{
    public static Command Create()
    {
        var format = CommonOptions.Format();
        var duration = CommonOptions.Duration();
        var command = new Command("run", "Show every program that starts and every process that ends on this host, live.") { format, duration };
        command.SetAction((parsed, cancellation) => Task.Run(() =>
        {
            using var tracer = ProcessTracer.Start(parsed.GetValue(format));
            return tracer.Run(parsed.GetValue(duration), cancellation);
        }, CancellationToken.None));
        return command;
    }
}
