namespace Skep.Bpf.Interop;

/// <summary><c>BPF_PROG_TEST_RUN</c>.</summary>
static unsafe class ProgramTestRun
{
    /// <summary>
    /// One run. <paramref name="context"/> is written back in place by programs of type syscall; empty spans become null pointers, which some
    /// types require. Returns 0 or the negated errno; sizes and results are in <paramref name="attr"/>.
    /// </summary>
    public static int Run(ref ProgramTestRunAttr attr, ReadOnlySpan<byte> data, Span<byte> dataOut, Span<byte> context, Span<byte> contextOut)
    {
        fixed (byte* dataPointer = data)
        fixed (byte* dataOutPointer = dataOut)
        fixed (byte* contextPointer = context)
        fixed (byte* contextOutPointer = contextOut)
        {
            attr.DataSizeIn = (uint)data.Length;
            attr.DataSizeOut = (uint)dataOut.Length;
            attr.ContextSizeIn = (uint)context.Length;
            attr.ContextSizeOut = (uint)contextOut.Length;
            attr.DataIn = BpfSyscall.Pointer(dataPointer);
            attr.DataOut = BpfSyscall.Pointer(dataOutPointer);
            attr.ContextIn = BpfSyscall.Pointer(contextPointer);
            attr.ContextOut = BpfSyscall.Pointer(contextOutPointer);
            return BpfSyscall.Invoke(BpfCommand.ProgramTestRun, ref attr);
        }
    }
}
