using System.Buffers.Binary;
using System.Text;

namespace Skep.Engine.KernelTests.Kernel;

/// <summary>
/// Static executables of a few machine instructions (x86-64), for what neither a shell nor .NET can be made to do: threads that end all at
/// once, threads that execute programs, children of one's own parent.
/// </summary>
static class TinyProgram
{
    const int Base = 0x400000, Code = 0x78, Data = 0x800;

    /// <summary>The first instructions create a file.</summary>
    public static byte[] FileCreator(string path) =>
        Build([0xb8, 85, 0, 0, 0, 0xbf, .. Word(Base + Data + 256), 0xbe, 0xa4, 1, 0, 0, 0x0f, 0x05, .. Exit(0)], path);

    /// <summary>Nine threads call exit(7) together.</summary>
    public static byte[] ThreadsThatEndTogether()
    {
        byte[] loop = [.. CloneThread, 0x74, 0x05, 0x41, 0xff, 0xcc, 0x75];
        // dec r12d; jnz back to the clone.
        return Build([0x41, 0xbc, 8, 0, 0, 0, .. loop, (byte)-(loop.Length + 1), .. Exit(7)]);
    }

    /// <summary>A second thread executes a program while the first one waits.</summary>
    public static byte[] ThreadThatExecutes(string path, params string[] arguments)
    {
        byte[] wait = [0xb8, 34, 0, 0, 0, 0x0f, 0x05, 0xeb, 0xf7];
        return Build([.. CloneThread, 0x74, (byte)wait.Length, .. wait, .. Execute], path, arguments);
    }

    /// <summary>The first thread ends; a second one executes a program later.</summary>
    public static byte[] ThreadThatExecutesAlone(string path, params string[] arguments)
    {
        var end = Exit(0);
        byte[] sleep = [0xb8, 35, 0, 0, 0, 0xbf, .. Word(Base + Data), 0x31, 0xf6, 0x0f, 0x05];
        return Build([.. CloneThread, 0x74, (byte)end.Length, .. end, .. sleep, .. Execute], path, arguments);
    }

    /// <summary>A child by vfork executes a program.</summary>
    public static byte[] ForkThatExecutes(string path, params string[] arguments)
    {
        var end = Exit(0);
        return Build([0xb8, 58, 0, 0, 0, 0x0f, 0x05, 0x85, 0xc0, 0x74, (byte)end.Length, .. end, .. Execute], path, arguments);
    }

    /// <summary>A child that has the creator's parent for its own (CLONE_PARENT) executes a program.</summary>
    public static byte[] SiblingThatExecutes(string path, params string[] arguments)
    {
        var end = Exit(0);
        return Build([0xb8, 56, 0, 0, 0, 0xbf, 0x11, 0x80, 0, 0, 0x31, 0xf6, 0x31, 0xd2, 0x4d, 0x31, 0xd2, 0x4d, 0x31, 0xc0, 0x0f, 0x05, 0x85, 0xc0, 0x74, (byte)end.Length, .. end, .. Execute], path, arguments);
    }

    /// <summary>A 64-bit program that makes system calls by int 0x80, whose numbers and registers are those of 32-bit programs.</summary>
    public static byte[] CompatibleCalls(params (int Number, int[] Arguments)[] calls)
    {
        // ebx, ecx, edx, esi, edi, ebp.
        byte[] moves = [0xbb, 0xb9, 0xba, 0xbe, 0xbf, 0xbd];
        return Build([.. calls.SelectMany(call => (byte[])[.. call.Arguments.SelectMany((argument, i) => (byte[])[moves[i], .. Word(argument)]), 0xb8, .. Word(call.Number), 0xcd, 0x80]), .. Exit(0)]);
    }

    // clone(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD, rsp); test eax, eax. No thread uses its stack.
    static byte[] CloneThread => [0xb8, 56, 0, 0, 0, 0xbf, 0, 0x0f, 1, 0, 0x48, 0x89, 0xe6, 0x31, 0xd2, 0x4d, 0x31, 0xd2, 0x4d, 0x31, 0xc0, 0x0f, 0x05, 0x85, 0xc0];

    // execve of what Build laid down; exit(1).
    static byte[] Execute => [0xb8, 59, 0, 0, 0, 0xbf, .. Word(Base + Data + 256), 0xbe, .. Word(Base + Data + 16), 0x31, 0xd2, 0x0f, 0x05, .. Exit(1)];

    static byte[] Exit(int code) => [0xbf, (byte)code, 0, 0, 0, 0xb8, 60, 0, 0, 0, 0x0f, 0x05];

    static byte[] Word(int value) => BitConverter.GetBytes(value);

    /// <summary>ELF header, one segment, code, and data: 20 ms as a timespec, the vector of arguments, the path and the arguments.</summary>
    static byte[] Build(byte[] code, string path = "", params string[] arguments)
    {
        var file = new byte[0x2000];
        "\u007fELF\u0002\u0001\u0001"u8.CopyTo(file);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(16), 2);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(18), 62);
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(20), 1);
        BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan(24), Base + Code);
        BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan(32), 64);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(52), 64);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(54), 56);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(56), 1);
        var segment = file.AsSpan(64);
        BinaryPrimitives.WriteUInt32LittleEndian(segment, 1);
        BinaryPrimitives.WriteUInt32LittleEndian(segment[4..], 7);
        BinaryPrimitives.WriteUInt64LittleEndian(segment[16..], Base);
        BinaryPrimitives.WriteUInt64LittleEndian(segment[24..], Base);
        BinaryPrimitives.WriteUInt64LittleEndian(segment[32..], (ulong)file.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(segment[40..], (ulong)file.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(segment[48..], 0x1000);
        code.CopyTo(file, Code);
        BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan(Data + 8), 20_000_000);
        var at = Data + 256;
        Encoding.UTF8.GetBytes(path).CopyTo(file, at);
        at += Encoding.UTF8.GetByteCount(path) + 1;
        for (var i = 0; i < arguments.Length; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan(Data + 16 + (8 * i)), (ulong)(Base + at));
            at += Encoding.UTF8.GetBytes(arguments[i], file.AsSpan(at)) + 1;
        }
        return file;
    }
}
