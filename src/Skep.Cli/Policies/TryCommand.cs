using System.CommandLine;
using Skep.Agent.Recording;
using Skep.Cli.Output;
using Skep.Cli.Recording;
using Skep.Engine.Compilation;
using Skep.Engine.Recording;
using Skep.Engine.Trials;
using Skep.Tetragon.Policies;

namespace Skep.Cli.Policies;

/// <summary><c>skep policy try</c>: what policies would have done to what was recorded.</summary>
static class TryCommand
{
    public static Command Create()
    {
        var files = PolicyCommand.Files();
        var format = CommonOptions.Format();
        var source = new RecordedSource();
        var command = new Command("try", "Tell what policies would have done to recorded events; nothing is loaded, and nothing asked of the kernel.") { files, format };
        source.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            if (!PolicyCommand.TryLoad(parsed.GetValue(files)!, out var policies)) return SkepCommand.Failure;
            var errors = policies.Policies.SelectMany(PolicyCheck.Check).ToList();
            foreach (var error in errors) Console.Error.WriteLine(error);
            if (errors.Count > 0) return SkepCommand.Failure;
            var directory = source.FileOf(parsed) is null ? source.DirectoryOf(parsed) : null;
            var isLive = directory is not null && directory.IsRecording();
            if (isLive && !source.HasEnd(parsed)) await Task.Delay(SaveCommand.WriteDelay, cancellation);
            var range = source.RangeOf(parsed);
            var trial = PolicyTrial.Run(policies.Policies, source.FilesOf(parsed), range, isLive, HookTagCodec.Instance);
            foreach (var fault in trial.Faults) Console.Error.WriteLine($"skep: {fault}");
            if (parsed.GetValue(format) == OutputFormat.Json) TrialJson.Print(trial, range);
            else TrialText.Print(trial, range);
            return SkepCommand.Success;
        });
        return command;
    }

    /// <summary>The time that the events are of, in nanoseconds since 1970: as it was asked for, else what the recording has.</summary>
    public static (long From, long Until) TimesOf(PolicyTrial trial, RecordingRange range) =>
        (range.From != long.MinValue ? range.From : trial.Times?.First ?? 0, range.Until != long.MaxValue ? range.Until : Math.Max(trial.Times?.Last ?? 0, range.From));
}
