using Skep.Engine.Processes;
using Skep.Engine.Recording;
using Skep.Engine.Records;
using Skep.Tetragon.Tests.Export;

namespace Skep.Engine.Tests.Recording;

/// <summary>The same execution, match and exit again and again.</summary>
sealed class RepeatedEvent
{
    readonly ProcessInfo _process = new() { Id = new ProcessId(5, 6), Executable = "/bin/sh"u8.ToArray(), Parent = new ProcessInfo { Id = new ProcessId(1, 2), Executable = "/sbin/init"u8.ToArray() } };
    readonly byte[] _record = new HookRecordBuilder { Pid = 5, Tid = 5, Start = 6, Time = 7 }.Number(1L).Text("/etc/passwd").Match(0).Build();
    readonly byte[] _places = [0, 1];

    public void Write(RecordingEncoder encoder)
    {
        HookRecord.TryRead(_record, out var record);
        encoder.Clock(5);
        encoder.Execution(_process, 8, 5, default);
        encoder.Match(new HookEvent { Record = record, Request = RecordedScene.Opens, PolicyName = "opens", Process = _process, Actions = MatchActions.Post, Rule = -1, Places = _places });
        encoder.Exit(_process, 9, 5, 0, default);
    }
}
