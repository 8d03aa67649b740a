using System.CommandLine;
using Grpc.Core;
using Skep.Bpf;
using Skep.Cli.Bpf;
using Skep.Cli.Client;
using Skep.Cli.Doctor;
using Skep.Cli.Output;
using Skep.Cli.Policies;
using Skep.Cli.Recording;
using Skep.Cli.Run;
using Skep.Cli.Uninstall;

namespace Skep.Cli;

/// <summary>The command line as a whole: its verbs, its errors, its exit codes.</summary>
static class SkepCommand
{
    public const int Success = 0, Failure = 1;

    public static RootCommand Create() => new("Skep: see and decide what a Linux host does, with eBPF.")
    {
        RunCommand.Create(),
        EventsCommand.Create(),
        SaveCommand.Create(),
        StatusCommand.Create(),
        TreeCommand.Create(),
        PolicyCommand.Create(),
        DoctorCommand.Create(),
        DebugCommand.Create(),
        UninstallCommand.Create(),
        BpfCommand.Create(),
    };

    /// <summary>Runs a verb that waits for the kernel on a thread of its own: on one of the pool it would be missed by those who serve clients.</summary>
    public static Task<int> OnOwnThread(Func<int> verb) => Task.Factory.StartNew(verb, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    public static async Task<int> RunAsync(string[] args)
    {
        try
        {
            StandardOutput.Attend();
            var parsed = Create().Parse(args);
            if (Misuse.TryTell(parsed)) return Failure;
            // Ctrl-C cancels the running verb, which ends in its own way and closes what it attached.
            return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = TimeSpan.FromSeconds(10) });
        }
        catch (Exception error) when (StandardOutput.IsClosed(error))
        {
            // Whoever read has seen enough.
            return Success;
        }
        catch (OperationCanceledException)
        {
            return Success;
        }
        catch (RpcException error)
        {
            return Fail(error.Status.Detail);
        }
        catch (Exception error) when (error is BpfException or IOException or UnauthorizedAccessException or UserException)
        {
            return Fail(error.Message);
        }
    }

    public static int Fail(string message)
    {
        Console.Error.WriteLine($"skep: {message}");
        return Failure;
    }
}
