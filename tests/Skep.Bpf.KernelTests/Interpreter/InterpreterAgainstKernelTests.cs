using Shouldly;
using Skep.Bpf.Instructions;
using Skep.Bpf.Interpreter;
using Skep.Testing;
using Xunit;

namespace Skep.Bpf.KernelTests;

public class InterpreterAgainstKernelTests
{
    const int Programs = 2000;
    const int RunsPerProgram = 3;

    [KernelFact]
    public void Machine_leaves_the_same_registers_and_stack_as_the_kernel_for_random_programs()
    {
        var modern = AcceptsLinux66Instructions();
        var random = new Random(20240601);
        for (var seed = 1; seed <= Programs; seed++)
        {
            var code = RandomProgram.Generate(seed, modern);
            using var program = Load(code, seed);
            var machine = new Machine();
            var loaded = machine.Load(code);
            for (var run = 0; run < RunsPerProgram; run++)
            {
                var input = new byte[RandomProgram.ContextSize];
                if (run > 0) random.NextBytes(input.AsSpan(0, RandomProgram.InputSize));
                var kernel = program.TestRun(new TestRunOptions { Context = input });
                var context = machine.Memory.Map("context", [.. input]);
                var result = machine.Run(loaded, context);
                if (kernel.ReturnValue == (uint)result && kernel.Context.AsSpan().SequenceEqual(context.Bytes)) continue;
                Assert.Fail($"seed {seed}, run {run}: {Difference(kernel, result, context.Bytes)}\n{Listing(code)}\n{Trace(code, input)}");
            }
        }
    }

    static BpfProgram Load(Instruction[] code, int seed)
    {
        try
        {
            return BpfProgram.Load(Image(code));
        }
        catch (BpfException error)
        {
            throw new InvalidOperationException($"the verifier refuses seed {seed}:\n{Listing(code)}\n{error.Message}", error);
        }
    }

    static bool AcceptsLinux66Instructions()
    {
        try
        {
            BpfProgram.Load(Image(AssemblyText.Parse("r1 = 5\nr0 = (s8)r1\nr0 s/= r1\nr0 = bswap16 r0\nexit"))).Dispose();
            return true;
        }
        catch (BpfSyscallException)
        {
            return false;
        }
    }

    static ProgramImage Image(Instruction[] code) => new() { Name = "random", Type = ProgramType.Syscall, Flags = ProgramFlags.Sleepable, Instructions = code };

    static string Difference(TestRunResult kernel, ulong result, ReadOnlySpan<byte> context)
    {
        var text = $"r0 {kernel.ReturnValue:x} in the kernel, {(uint)result:x} here;";
        for (var i = 0; i + 8 <= context.Length; i += 8)
        {
            var (there, here) = (BitConverter.ToUInt64(kernel.Context, i), BitConverter.ToUInt64(context[i..]));
            if (there != here) text += $" at {i}: {there:x} in the kernel, {here:x} here;";
        }
        return text;
    }

    static string Trace(Instruction[] code, byte[] input)
    {
        var trace = new StringWriter();
        var machine = new Machine(new MachineOptions { Trace = trace });
        machine.Run(machine.Load(code), machine.Memory.Map("context", [.. input]));
        return trace.ToString();
    }

    static string Listing(Instruction[] code)
    {
        var output = new StringWriter();
        Disassembler.WriteListing(code, output);
        return output.ToString();
    }
}
