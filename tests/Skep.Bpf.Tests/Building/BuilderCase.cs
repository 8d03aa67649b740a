using Skep.Bpf.Building;

namespace Skep.Bpf.Tests;

/// <summary>
/// One use of the code builder with what it must compute: a syscall program that reads eight numbers from its context and leaves a result behind
/// them. Both rings run all cases: in the interpreter and in the kernel.
/// </summary>
/// <param name="Name">What is exercised.</param>
/// <param name="Declare">Adds maps, variables and functions to the object.</param>
/// <param name="Body">Builds the result from the inputs.</param>
/// <param name="Expected">The result of the same computation in C#.</param>
public sealed record BuilderCase(string Name, Action<ObjectBuilder> Declare, Func<CodeBuilder, Value[], Value> Body, Func<ulong[], ulong> Expected)
{
    public const int Inputs = 8;
    public const int ContextSize = (Inputs + 1) * 8;
    public const string Program = "main";

    public BuilderCase(string name, Func<CodeBuilder, Value[], Value> body, Func<ulong[], ulong> expected) : this(name, _ => { }, body, expected)
    {
    }

    public ObjectSpec Build()
    {
        var build = new ObjectBuilder("case");
        Declare(build);
        build.AddProgram("syscall", Program, code =>
        {
            var inputs = Enumerable.Range(0, Inputs).Select(i => code.Load(ScalarType.U64, code.Context, i * 8)).ToArray();
            code.Store(ScalarType.U64, code.Context, Inputs * 8, Body(code, inputs));
            code.Return(0);
        });
        return build.Build();
    }

    /// <summary>Random inputs, small and special numbers among them.</summary>
    public static ulong[] RandomInputs(Random random)
    {
        var inputs = new ulong[Inputs];
        for (var i = 0; i < Inputs; i++)
        {
            inputs[i] = random.Next(4) switch
            {
                0 => (ulong)random.Next(4),
                1 => (ulong)random.NextInt64(-100, 100),
                2 => (uint)random.Next(),
                _ => (ulong)random.NextInt64(long.MinValue, long.MaxValue),
            };
        }
        return inputs;
    }

    public static byte[] Context(ulong[] inputs)
    {
        var context = new byte[ContextSize];
        Buffer.BlockCopy(inputs, 0, context, 0, Inputs * 8);
        return context;
    }

    public override string ToString() => Name;
}
