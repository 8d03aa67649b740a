using System.Text;
using Skep.Bpf.Instructions;

namespace Skep.Bpf.Interop;

/// <summary>The system call <c>BPF_PROG_LOAD</c>.</summary>
static unsafe class ProgramLoader
{
    /// <summary>One attempt. Returns the descriptor or the negated errno; <paramref name="logLength"/> is the text length without the terminator.</summary>
    public static int Load(ProgramImage image, uint logLevel, Span<byte> log, out int logLength) =>
        Load(image, logLevel, log, out logLength, out _);

    /// <summary>As above; <paramref name="neededLog"/> is the size that the whole log needs, 0 when the kernel does not say (before 6.4).</summary>
    public static int Load(ProgramImage image, uint logLevel, Span<byte> log, out int logLength, out uint neededLog)
    {
        var license = Encoding.UTF8.GetBytes(image.License + "\0");
        fixed (Instruction* instructions = image.Instructions)
        fixed (byte* licensePointer = license)
        fixed (byte* funcInfo = image.FuncInfo)
        fixed (byte* lineInfo = image.LineInfo)
        fixed (int* fdArray = image.FdArray)
        fixed (byte* logPointer = log)
        {
            var attr = new ProgramLoadAttr
            {
                ProgramType = (uint)image.Type,
                InstructionCount = (uint)image.Instructions.Length,
                Instructions = BpfSyscall.Pointer(instructions),
                License = BpfSyscall.Pointer(licensePointer),
                LogLevel = logLevel,
                LogSize = (uint)log.Length,
                LogBuffer = BpfSyscall.Pointer(logPointer),
                KernelVersion = image.KernelVersion,
                ProgramFlags = (uint)(image.Token is null ? image.Flags : image.Flags | ProgramFlags.Token),
                ProgramName = BpfSyscall.Name(image.Name),
                IfIndex = image.InterfaceIndex,
                ExpectedAttachType = (uint)image.AttachType,
                AttachBtfId = image.AttachBtfId,
                AttachFd = image.AttachFd,
                FdArray = BpfSyscall.Pointer(fdArray),
                TokenFd = image.Token?.Fd.Value ?? 0,
            };
            if (image.BtfFd > 0)
            {
                attr.BtfFd = image.BtfFd;
                attr.FuncInfoRecordSize = 8;
                attr.FuncInfo = BpfSyscall.Pointer(funcInfo);
                attr.FuncInfoCount = (uint)image.FuncInfo.Length / 8;
                attr.LineInfoRecordSize = 16;
                attr.LineInfo = BpfSyscall.Pointer(lineInfo);
                attr.LineInfoCount = (uint)image.LineInfo.Length / 16;
            }
            var result = BpfSyscall.Invoke(BpfCommand.ProgramLoad, ref attr);
            neededLog = attr.LogTrueSize;
            var end = log.IndexOf((byte)0);
            logLength = end < 0 ? log.Length : end;
            return result;
        }
    }
}
