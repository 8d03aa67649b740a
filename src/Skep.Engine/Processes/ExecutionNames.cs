using Skep.Engine.Records;

namespace Skep.Engine.Processes;

/// <summary>The names of an execution in one text. File name and short name are nearly always a part of the executable's path, and then take no room.</summary>
readonly struct ExecutionNames
{
    ExecutionNames(SharedText text, int executable, int workingDirectory, Range filename, Range comm)
    {
        var bytes = text.Bytes.AsMemory();
        (Text, Executable, WorkingDirectory, Filename, Comm) = (text, bytes[..executable], bytes[executable..(executable + workingDirectory)], bytes[filename], bytes[comm]);
    }

    public SharedText? Text { get; }

    public ReadOnlyMemory<byte> Executable { get; }

    public ReadOnlyMemory<byte> WorkingDirectory { get; }

    public ReadOnlyMemory<byte> Filename { get; }

    public ReadOnlyMemory<byte> Comm { get; }

    public static ExecutionNames Of(in ExecRecord record)
    {
        var executable = record.Executable;
        var workingDirectory = record.WorkingDirectory;
        var filename = record.Filename;
        var comm = record.Comm;
        var length = executable.Length + workingDirectory.Length;
        var isExecutable = filename.SequenceEqual(executable);
        var files = isExecutable ? 0..filename.Length : length..(length + filename.Length);
        if (!isExecutable) length += filename.Length;
        // fs/exec.c: begin_new_exec takes it from the file name, behind the last slash.
        var last = filename.LastIndexOf((byte)'/') + 1;
        var isItsEnd = filename[last..].StartsWith(comm);
        var name = isItsEnd ? files.Start.Value + last : length;
        if (!isItsEnd) length += comm.Length;
        if (length == 0) return default;
        var bytes = new byte[length];
        executable.CopyTo(bytes);
        workingDirectory.CopyTo(bytes.AsSpan(executable.Length));
        filename.CopyTo(bytes.AsSpan(files.Start.Value));
        comm.CopyTo(bytes.AsSpan(name));
        return new ExecutionNames(new SharedText(bytes), executable.Length, workingDirectory.Length, files, name..(name + comm.Length));
    }
}
