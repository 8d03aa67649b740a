using System.Buffers.Binary;
using System.Numerics;
using Skep.Bpf.Building;
using Skep.Bpf.Instructions;

namespace Skep.Bpf.Tests;

/// <summary>Every construct of the code builder.</summary>
static class BuilderCases
{
    public static IEnumerable<BuilderCase> All =>
    [
        new("arithmetic", (_, v) => ((v[0] + v[1]) * 3 - v[2]) ^ (v[3] >> 7) | (v[4] & 0xff00) << 3, v => ((v[0] + v[1]) * 3 - v[2]) ^ (v[3] >> 7) | (v[4] & 0xff00) << 3),
        new("negation_and_complement", (_, v) => -v[0] ^ ~v[1] + (5 - v[2]), v => (0 - v[0]) ^ (~v[1] + (5 - v[2]))),
        new("division_and_remainder", (_, v) => v[0] / v[1] + v[2] % v[3] + v[4] / 10 + v[5] % 7, v => Divide(v[0], v[1]) + Remainder(v[2], v[3]) + v[4] / 10 + v[5] % 7),
        new("constants_of_64_bits", (c, v) => v[0] + c.Constant(0x1234_5678_9abc_def0) + (v[1] & 0xffff_ffffL), v => v[0] + 0x1234_5678_9abc_def0 + (v[1] & 0xffff_ffff)),
        new("signed_shift_and_compare", SignedShift, v => (ulong)((long)v[0] >> 3) + ((long)v[1] < (long)v[2] ? 1u : 0u) + ((long)v[3] >= -5 ? 2u : 0)),
        new("conversions", Conversions, v => (byte)v[0] + (ulong)(ushort)v[1] * 3 + (uint)v[2] + (ulong)(long)(sbyte)v[3] + (ulong)(long)(short)v[4] + (ulong)(long)(int)v[5]),
        new("network_order", (_, v) => v[0].To(ScalarType.U16).SwapNetworkOrder() + v[1].To(ScalarType.U32).SwapNetworkOrder() * 2 + v[2].SwapNetworkOrder(), NetworkOrder),
        new("if_and_else", IfElse, v => v[0] < v[1] ? v[2] > 10 ? 1u : 2u : v[3] == 0 ? 3u : 4u),
        new("conditions_joined", Conditions, v =>
            (v[0] < 5 && v[1] != 0 ? 1u : 0u) | (v[0] == v[1] || v[2] > 100 ? 2u : 0u) | (!(v[3] <= 7 && (v[4] & 12) != 0) ? 4u : 0u) | ((v[5] == 1 || v[6] == 1) && v[7] != 3 ? 8u : 0u)),
        new("constants_compared", ConstantsCompared, _ => 5),
        new("skip_scope", Skip, v => v[0] > 3 ? v[1] : v[1] + 100),
        new("for_loop", ForLoop, v => (ulong)BitOperations.PopCount(v[0])),
        new("loop_with_break_and_continue", BreakContinue, v => Expected(v, 20)),
        new("bpf_loop", CallbackLoop, v => Enumerable.Range(0, (int)(v[0] % 200)).Aggregate(v[1], (sum, i) => i > 150 ? sum : sum + (ulong)i * 3)),
        new("many_live_values", ManyLiveValues, v => v.Select((x, i) => (x + (ulong)i) * (ulong)(i + 3)).Aggregate((a, b) => a ^ b) + v.Aggregate((a, b) => a + b)),
        new("subprograms", Subprograms, Subprogram, v => (v[1] - v[0]) * 2 + (v[2] - v[1]) + ((v[4] << 3) + v[3] * 5 + v[0] - v[1])),
        new("stack_buffers", StackBuffers, v => (uint)v[0] | (ulong)(ushort)v[1] << 32 | (ulong)(byte)v[2] << 48),
        new("hash_map", b => b.AddMap(Map("values", MapType.Hash, 4, 8, 16)), HashMap, v => v[0] + v[0] + 7 + 1 + 2),
        new("array_map_and_atomics", b => b.AddMap(Map("slots", MapType.Array, 4, 16, 4)), ArrayMap, v => 10 + v[0] + (v[0] + 10) * 3 + 5),
        new("atomic_fetch_and_exchange", Atomics, v => AtomicsExpected(v)),
        new("global_variables", Globals, ReadGlobals, v => 40 + v[0] + 2 + v[0]),
        new("ring_buffer", b => b.AddMap(Map("events", MapType.RingBuffer, 0, 0, 4096)), RingBuffer, v => v[0] % 2 == 0 ? 24u : 0u),
        new("for_each_element", b => b.AddMap(Map("slots", MapType.Array, 4, 8, 5)), ForEach, v => v[0] * 10 + 5),
        new("copy_with_probe_read", ProbeRead, v => v[3]),
        new("early_return_in_function", EarlyReturn, (c, v) => c.Call("clamp", [v[0], v[1]]), v => v[0] > 1000 ? 1000 : v[0] == 0 ? v[1] : v[0] + 1),
        .. Enumerable.Range(1, 40).Select(Random),
    ];

    static MapSpec Map(string name, MapType type, uint key, uint value, uint entries) => new() { Name = name, Type = type, KeySize = key, ValueSize = value, MaxEntries = entries };

    static ulong Divide(ulong left, ulong right) => right == 0 ? 0 : left / right;

    static ulong Remainder(ulong left, ulong right) => right == 0 ? left : left % right;

    static Value SignedShift(CodeBuilder code, Value[] v)
    {
        var result = code.Let(v[0].To(ScalarType.S64) >> 3);
        using (code.If(v[1].To(ScalarType.S64) < v[2].To(ScalarType.S64))) code.Assign(result, result + 1);
        using (code.If(v[3].To(ScalarType.S64) >= -5)) code.Assign(result, result + 2);
        return result;
    }

    static Value Conversions(CodeBuilder code, Value[] v) =>
        v[0].To(ScalarType.U8) + v[1].To(ScalarType.U16) * 3 + v[2].To(ScalarType.U32) + v[3].To(ScalarType.S8) + v[4].To(ScalarType.S16) + v[5].To(ScalarType.S32);

    static ulong NetworkOrder(ulong[] v) =>
        BinaryPrimitives.ReverseEndianness((ushort)v[0]) + BinaryPrimitives.ReverseEndianness((uint)v[1]) * 2ul + BinaryPrimitives.ReverseEndianness(v[2]);

    static Value ConstantsCompared(CodeBuilder code, Value[] v)
    {
        var result = code.Let(0);
        Value low = -5, high = 5;
        using (code.If(low < high)) code.Assign(result, result | 1);
        using (code.If(high <= low)) code.Assign(result, result | 2);
        using (code.If(high.To(ScalarType.S64) >= low)) code.Assign(result, result | 4);
        return result;
    }

    static Value IfElse(CodeBuilder code, Value[] v)
    {
        var result = code.Let(0);
        using (code.If(v[0] < v[1]))
        {
            using (code.If(v[2] > 10)) code.Assign(result, 1);
            using (code.Else()) code.Assign(result, 2);
        }
        using (code.Else())
        {
            using (code.If(v[3] == 0)) code.Assign(result, 3);
            using (code.Else()) code.Assign(result, 4);
        }
        return result;
    }

    static Value Conditions(CodeBuilder code, Value[] v)
    {
        var result = code.Let(0);
        using (code.If((v[0] < 5) & (v[1] != 0))) code.Assign(result, result | 1);
        using (code.If((v[0] == v[1]) | (100 < v[2]))) code.Assign(result, result | 2);
        using (code.If(!((v[3] <= 7) & v[4].HasAny(12)))) code.Assign(result, result | 4);
        using (code.If(((v[5] == 1) | (v[6] == 1)) & (v[7] != 3))) code.Assign(result, result | 8);
        return result;
    }

    static Value Skip(CodeBuilder code, Value[] v)
    {
        var result = code.Let(v[1]);
        AddUnlessLarge();
        return result;

        void AddUnlessLarge()
        {
            using var skip = code.JumpIf(v[0] > 3);
            code.Assign(result, result + 100);
        }
    }

    static Value ForLoop(CodeBuilder code, Value[] v)
    {
        var bits = code.Let(0);
        using (code.For(out var i, 64)) code.Assign(bits, bits + ((v[0] >> i) & 1));
        return bits;
    }

    static Value BreakContinue(CodeBuilder code, Value[] v)
    {
        var (sum, i) = (code.Let(0), code.Let(0));
        using (code.While(() => i < 20))
        {
            code.Assign(i, i + 1);
            using (code.If(i == (v[0] & 15))) code.Continue();
            using (code.If(i > (v[1] & 31))) code.Break();
            code.Assign(sum, sum + i);
        }
        return sum;
    }

    static ulong Expected(ulong[] v, ulong passes)
    {
        var (sum, i) = (0ul, 0ul);
        while (i < passes)
        {
            i++;
            if (i == (v[0] & 15)) continue;
            if (i > (v[1] & 31)) break;
            sum += i;
        }
        return sum;
    }

    static Value CallbackLoop(CodeBuilder code, Value[] v)
    {
        var state = code.Stack(8);
        code.Store(ScalarType.U64, state, 0, v[1]);
        code.Loop(v[0] % 200, state, (body, index, captured) =>
        {
            using (body.If(index > 150)) body.Return(1);
            body.Store(ScalarType.U64, captured, 0, body.Load(ScalarType.U64, captured) + index * 3);
        });
        return code.Load(ScalarType.U64, state);
    }

    static Value ManyLiveValues(CodeBuilder code, Value[] v)
    {
        var terms = v.Select((x, i) => (x + i) * (i + 3)).ToArray();
        // A call in between: what lives across it cannot stay in r2–r5.
        code.Call(HelperFunction.GetSmpProcessorId);
        return terms.Aggregate((a, b) => a ^ b) + v.Aggregate((a, b) => a + b);
    }

    static void Subprograms(ObjectBuilder build)
    {
        build.AddFunction("difference", ["left", "right"], code => code.Return(code.Parameter(0) - code.Parameter(1)));
        build.AddFunction("twist", ["a", "b", "c", "d", "e"], code =>
            code.Return((code.Parameter(4) << 3) + code.Parameter(3) * 5 + code.Call("difference", [code.Parameter(0), code.Parameter(1)])));
    }

    static Value Subprogram(CodeBuilder code, Value[] v) =>
        code.Call("difference", [v[1], v[0]]) * 2 + code.Call("difference", [v[2], v[1]]) + code.Call("twist", [v[0], v[1], v[2], v[3], v[4]]);

    static Value StackBuffers(CodeBuilder code, Value[] v)
    {
        var layout = new RecordLayout().Add("low", ScalarType.U32).Add("middle", ScalarType.U16).Add("high", ScalarType.U8);
        var buffer = code.Stack(layout.Size);
        code.Store(buffer, layout["low"], v[0]);
        code.Store(buffer, layout["middle"], v[1]);
        code.Store(buffer.At(layout["high"]), new Field("high", 0, ScalarType.U8), v[2]);
        return code.Load(ScalarType.U64, buffer);
    }

    static Value HashMap(CodeBuilder code, Value[] v)
    {
        var result = code.Let(0);
        code.Update("values", 17, v[0]);
        using (code.Lookup("values", 17, out var value))
        {
            code.Assign(result, code.Load(ScalarType.U64, value) + v[0]);
            code.Store(ScalarType.U64, value, 0, 7);
        }
        using (code.Lookup("values", 17, out var value)) code.Assign(result, result + code.Load(ScalarType.U64, value));
        code.Delete("values", 17);
        using (code.Lookup("values", 17, out _)) code.Assign(result, result + 1000);
        using (code.Else()) code.Assign(result, result + 1);
        using (code.If(code.Delete("values", 17) < 0)) code.Assign(result, result + 2);
        return result;
    }

    static Value ArrayMap(CodeBuilder code, Value[] v)
    {
        var result = code.Let(0);
        using (code.Lookup("slots", 2, out var slot))
        {
            code.Store(ScalarType.U64, slot, 8, 10);
            code.AtomicAdd(ScalarType.U64, slot, 8, v[0]);
            code.Assign(result, code.Load(ScalarType.U64, slot, 8));
            code.Assign(result, result + code.Load(ScalarType.U64, slot, 8) * 3);
        }
        using (code.Lookup("slots", 9, out _)) code.Return(1);
        return result + 5;
    }

    static Value Atomics(CodeBuilder code, Value[] v)
    {
        var place = code.Stack(16);
        code.Store(ScalarType.U64, place, 0, v[0]);
        code.Store(ScalarType.U32, place, 8, v[1]);
        var result = code.AtomicFetch(AtomicOperation.Add, ScalarType.U64, place, 0, v[2]);
        result += code.AtomicFetch(AtomicOperation.Xor, ScalarType.U32, place, 8, v[3]) * 3;
        result += code.AtomicFetch(AtomicOperation.Exchange, ScalarType.U64, place, 0, 77) * 5;
        result += code.AtomicCompareExchange(ScalarType.U64, place, 0, 77, v[4]) * 7;
        result += code.AtomicCompareExchange(ScalarType.U32, place.At(8), 0, v[5], 1) * 11;
        return result + code.Load(ScalarType.U64, place) + code.Load(ScalarType.U32, place, 8);
    }

    static ulong AtomicsExpected(ulong[] v)
    {
        var xored = (uint)v[1] ^ (uint)v[3];
        return v[0] + (uint)v[1] * 3ul + (v[0] + v[2]) * 5 + 77 * 7 + xored * 11ul + v[4] + ((uint)v[5] == xored ? 1 : xored);
    }

    static void Globals(ObjectBuilder build)
    {
        build.AddVariable("counter", 2L);
        build.AddVariable("limit", 40u, readOnly: true);
        build.AddFunction("bump", ["by"], code =>
        {
            var counter = build.Variable("counter");
            code.Store(counter, code.Load(counter) + code.Parameter(0));
        });
    }

    static Value ReadGlobals(CodeBuilder code, Value[] v)
    {
        code.Store(code.Object.Variable("counter"), 2);
        code.Call("bump", [v[0]]);
        return code.Load(code.Object.Variable("limit")) + code.Load(code.Object.Variable("counter")) + v[0];
    }

    static Value RingBuffer(CodeBuilder code, Value[] v)
    {
        var result = code.Let(0);
        using (code.If((v[0] & 1) == 0))
        {
            using (code.Reserve("events", 16, out var record, wakeUpFlags: 1))
            {
                code.Store(ScalarType.U64, record, 0, v[0]);
                code.Store(ScalarType.U64, record, 8, v[1]);
                code.Assign(result, 24);
            }
        }
        return result;
    }

    static Value ForEach(CodeBuilder code, Value[] v)
    {
        var state = code.Stack(16);
        code.Store(ScalarType.U64, state, 0, v[0]);
        using (code.For(out var i, 5)) code.Update("slots", i, i);
        var count = code.ForEach("slots", state, (body, _, value, captured) =>
            body.Store(ScalarType.U64, captured, 8, body.Load(ScalarType.U64, captured, 8) + body.Load(ScalarType.U64, value) * body.Load(ScalarType.U64, captured)));
        return code.Load(ScalarType.U64, state, 8) + count;
    }

    static Value ProbeRead(CodeBuilder code, Value[] v)
    {
        var (from, to) = (code.Stack(8), code.Stack(8));
        code.Store(ScalarType.U64, from, 0, v[3]);
        using (code.If(code.ReadKernel(to, 8, from) != 0)) code.Return(1);
        return code.Load(ScalarType.U64, to);
    }

    static void EarlyReturn(ObjectBuilder build) => build.AddFunction("clamp", ["value", "otherwise"], code =>
    {
        using (code.If(code.Parameter(0) > 1000)) code.Return(1000);
        using (code.If(code.Parameter(0) == 0)) code.Return(code.Parameter(1));
        using (code.Else()) code.Return(code.Parameter(0) + 1);
    });

    /// <summary>A random expression over all inputs with branches and calls in between, computed by C# on the side.</summary>
    static BuilderCase Random(int seed)
    {
        return new BuilderCase($"random_{seed}", Body, inputs => Run(new Random(seed), [.. inputs]));

        Value Body(CodeBuilder code, Value[] inputs)
        {
            var variables = inputs.Select(i => code.Let(i)).ToArray();
            var random = new Random(seed);
            for (var step = 0; step < 60; step++)
            {
                var (op, a, b, to, kind) = (random.Next(8), random.Next(8), random.Next(8), random.Next(8), random.Next(8));
                if (kind == 0) code.Call(HelperFunction.GetSmpProcessorId);
                if (kind == 1)
                {
                    using (code.If(variables[a] < variables[b])) code.Assign(variables[to], Build(op, variables[a], variables[b]));
                }
                else
                {
                    code.Assign(variables[to], Build(op, variables[a], variables[b]));
                }
            }
            return variables.Aggregate((x, y) => x ^ y);
        }

        static ulong Run(Random random, ulong[] v)
        {
            for (var step = 0; step < 60; step++)
            {
                var (op, a, b, to, kind) = (random.Next(8), random.Next(8), random.Next(8), random.Next(8), random.Next(8));
                if (kind != 1 || v[a] < v[b]) v[to] = Apply(op, v[a], v[b]);
            }
            return v.Aggregate((x, y) => x ^ y);
        }

        static Value Build(int op, Value a, Value b) => op switch
        {
            0 => a + b, 1 => a - b, 2 => a * b, 3 => a / b, 4 => a ^ b, 5 => a | (b >> 3), 6 => (a & b) + 5, _ => a % b - 1,
        };

        static ulong Apply(int op, ulong a, ulong b) => op switch
        {
            0 => a + b, 1 => a - b, 2 => a * b, 3 => Divide(a, b), 4 => a ^ b, 5 => a | (b >> 3), 6 => (a & b) + 5, _ => Remainder(a, b) - 1,
        };
    }
}
