using System.Text;
using Skep.Engine.Processes;
using Skep.Engine.Recording;
using Skep.Tetragon.Export;
using Skep.Tetragon.Filters;

namespace Skep.Agent.Recording;

/// <summary>Takes secrets out before they reach the disk, so that what is printed later is what was printed live.</summary>
sealed class RecordedSecrets(Redactor redactor) : IProcessRedactor
{
    byte[] _joined = [];

    public ReadOnlyMemory<byte> Arguments(ProcessInfo process)
    {
        var arguments = process.Arguments.Span;
        var name = arguments.IndexOf((byte)0);
        if (name < 0 || Redact(process, ProcessArguments.Join(arguments, ref _joined)) is not { } redacted) return process.Arguments;
        // Words without a space are joined without quotes: to this text.
        return (byte[])[.. arguments[..(name + 1)], .. Encoding.UTF8.GetBytes(redacted.Replace(' ', '\0')), 0];
    }

    public ReadOnlyMemory<byte> Environment(ProcessInfo process)
    {
        var environment = process.Environment.Span.TrimEnd((byte)0);
        var (redacted, isSecret) = (new List<byte>(environment.Length + 1), false);
        while (!environment.IsEmpty)
        {
            var end = environment.IndexOf((byte)0);
            var variable = end < 0 ? environment : environment[..end];
            environment = end < 0 ? default : environment[(end + 1)..];
            var text = Redact(process, variable);
            isSecret |= text is not null;
            redacted.AddRange(text is null ? variable : Encoding.UTF8.GetBytes(text));
            redacted.Add(0);
        }
        return isSecret ? redacted.ToArray() : process.Environment;
    }

    string? Redact(ProcessInfo process, ReadOnlySpan<byte> text) => redactor.Redact(Encoding.UTF8.GetString(process.Executable.Span), Encoding.UTF8.GetString(text));
}
