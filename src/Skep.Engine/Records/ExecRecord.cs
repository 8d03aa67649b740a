using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Skep.Engine.Processes;

namespace Skep.Engine.Records;

/// <summary>A process executed a program; <c>struct exec_record</c> of <c>bpf/engine.h</c>. Its texts lie in the memory that it was read from.</summary>
public readonly ref struct ExecRecord
{
    /// <summary>Size of the fixed part in bytes.</summary>
    public const int Size = RecordHeader.Size + 232;

    [StructLayout(LayoutKind.Sequential)]
    internal struct Body
    {
        public Credentials Credentials;
        public NamespaceSet Namespaces;
        public ulong ReplacedStart, Inode;
        public uint Links, Mode, AuditUid, Session, PidInNamespace, Terminal, ArgumentsTotal, EnvironmentTotal, ProcessGroup, ProcessSession;
        public ulong Changed, Modified;
        public ushort ExecutableLength, FilenameLength, WorkingDirectoryLength, CgroupLength;
        public uint ArgumentsLength, EnvironmentLength;
        public CommandName Comm;
    }

    [InlineArray(16)]
    internal struct CommandName
    {
        byte _first;
    }

    readonly Body _body;

    ExecRecord(scoped in RecordHeader header, scoped in Body body, ReadOnlySpan<byte> data)
    {
        Header = header;
        _body = body;
        Executable = Take(ref data, body.ExecutableLength);
        Filename = Take(ref data, body.FilenameLength);
        WorkingDirectory = Take(ref data, body.WorkingDirectoryLength);
        CgroupName = Take(ref data, body.CgroupLength);
        Arguments = Take(ref data, (int)body.ArgumentsLength);
        Environment = Take(ref data, (int)body.EnvironmentLength);
    }

    /// <summary>Start of the record.</summary>
    public RecordHeader Header { get; }

    /// <summary>Credentials after the execution.</summary>
    [UnscopedRef]
    public ref readonly Credentials Credentials => ref _body.Credentials;

    /// <summary>Namespaces after the execution.</summary>
    [UnscopedRef]
    public ref readonly NamespaceSet Namespaces => ref _body.Namespaces;

    /// <summary>Start of the image that this one replaces.</summary>
    public ulong ReplacedStart => _body.ReplacedStart;

    /// <summary>Inode of the executable.</summary>
    public ulong Inode => _body.Inode;

    /// <summary>Hard links of the executable.</summary>
    public uint Links => _body.Links;

    /// <summary>Mode of the executable (<c>st_mode</c>).</summary>
    public uint Mode => _body.Mode;

    /// <summary>Login uid of the audit system.</summary>
    public uint AuditUid => _body.AuditUid;

    /// <summary>Session of the audit system.</summary>
    public uint Session => _body.Session;

    /// <summary>Pid in its own pid namespace.</summary>
    public uint PidInNamespace => _body.PidInNamespace;

    /// <summary>Its terminal, process group and session.</summary>
    public ProcessSession ProcessSession => new(_body.Terminal, _body.ProcessGroup, _body.ProcessSession);

    /// <summary>When the executable's inode was changed, nanoseconds since 1970.</summary>
    public ulong ExecutableChanged => _body.Changed;

    /// <summary>When the executable's content was changed, nanoseconds since 1970.</summary>
    public ulong ExecutableModified => _body.Modified;

    /// <summary>Bytes of arguments that the kernel has.</summary>
    public uint ArgumentsTotal => _body.ArgumentsTotal;

    /// <summary>Bytes of environment that the kernel has.</summary>
    public uint EnvironmentTotal => _body.EnvironmentTotal;

    /// <summary>Path of the executable as the kernel resolved it.</summary>
    public ReadOnlySpan<byte> Executable { get; }

    /// <summary>File name as given to execve.</summary>
    public ReadOnlySpan<byte> Filename { get; }

    /// <summary>Working directory.</summary>
    public ReadOnlySpan<byte> WorkingDirectory { get; }

    /// <summary>Name of the control group's directory.</summary>
    public ReadOnlySpan<byte> CgroupName { get; }

    /// <summary>The first bytes of the arguments, each ended by a NUL.</summary>
    public ReadOnlySpan<byte> Arguments { get; }

    /// <summary>The first bytes of the environment, each variable ended by a NUL.</summary>
    public ReadOnlySpan<byte> Environment { get; }

    /// <summary>The kernel's short name of the first thread, at most 15 bytes.</summary>
    [UnscopedRef]
    public ReadOnlySpan<byte> Comm
    {
        get
        {
            ReadOnlySpan<byte> comm = _body.Comm;
            var end = comm.IndexOf((byte)0);
            return end < 0 ? comm : comm[..end];
        }
    }

    /// <summary>Reads a record; false when it is of another kind or its lengths do not fit.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out ExecRecord record)
    {
        record = default;
        if (!RecordHeader.TryRead(bytes, RecordKind.Exec, out var header, out Body body, out var data)) return false;
        var texts = (ulong)body.ExecutableLength + body.FilenameLength + body.WorkingDirectoryLength + body.CgroupLength
            + body.ArgumentsLength + body.EnvironmentLength;
        if (texts > (ulong)data.Length) return false;
        record = new ExecRecord(header, body, data);
        return true;
    }

    static ReadOnlySpan<byte> Take(scoped ref ReadOnlySpan<byte> data, int length)
    {
        var text = data[..length];
        data = data[length..];
        return text;
    }
}
