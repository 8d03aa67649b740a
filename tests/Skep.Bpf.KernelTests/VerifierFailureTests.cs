using Shouldly;
using Skep.Testing;

namespace Skep.Bpf.KernelTests;

public class VerifierFailureTests
{
    // With SKEP_RECORD_VERIFIER=DIR each log is written there as a vector for tests/Skep.Bpf.Tests/vectors/verifier.
    static readonly string? s_recordInto = Environment.GetEnvironmentVariable("SKEP_RECORD_VERIFIER");

    // In the emulated guests of tests/vm a million verified instructions take minutes, and they are the same on every kernel.
    static readonly bool s_emulated = Environment.GetEnvironmentVariable("SKEP_GUEST") is not null;

    [KernelFact]
    public void Every_bad_program_is_refused_with_the_kind_of_its_fault()
    {
        using var programs = new BadPrograms();
        var wrong = new List<string>();
        var count = 0;
        foreach (var bad in programs.All().Where(b => !s_emulated || b.Kind != VerifierFailureKind.TooComplex))
        {
            count++;
            try
            {
                BpfProgram.Load(bad.Image()).Dispose();
                if (bad.KindHere is not null) wrong.Add($"{bad.Name}: was accepted");
            }
            catch (VerifierException error)
            {
                Record(bad, error);
                if (error.Kind != bad.KindHere) wrong.Add($"{bad.Name}: {error.Kind} instead of {bad.KindHere}: {error.Message}\n{Tail(error.Log)}");
            }
            catch (BpfSyscallException error)
            {
                wrong.Add($"{bad.Name}: no log: {error.Message}");
            }
        }
        wrong.ShouldBeEmpty();
        count.ShouldBeGreaterThan(60);
    }

    static string Tail(string log) => string.Join('\n', log.Split('\n').TakeLast(8));

    static void Record(BadProgram bad, VerifierException error)
    {
        if (s_recordInto is null || error.Log.Length > 20_000) return;
        File.WriteAllText(Path.Combine(s_recordInto, bad.Name + ".txt"),
            $"# kernel: {KernelVersion.Running.Major}.{KernelVersion.Running.Minor}\n# kind: {bad.Kind}\n# instruction: {error.InstructionIndex}\n---\n{error.Log}");
    }
}
