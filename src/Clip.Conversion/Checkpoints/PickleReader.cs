using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using System.Text;

namespace Clip.Conversion.Checkpoints;

/// <summary>
/// Reads Python pickles of all protocols: dictionaries (<see cref="Dictionary{TKey, TValue}"/>), lists and sets (<see cref="List{T}"/>),
/// tuples (arrays), numbers, strings, bytes, and what the host makes of classes and functions. A pickle is a program, and a hostile one
/// runs what it names; here nothing is ever run: a name stands for itself, and what it would make for an object without life.
/// </summary>
/// <param name="stream">The pickle.</param>
/// <param name="path">Its file, for errors.</param>
/// <param name="host">What its names mean.</param>
/// <param name="python2">What Python 2's texts are in, which may be bytes: Latin-1 keeps those; null for UTF-8.</param>
internal sealed class PickleReader(Stream stream, string path, IPickleHost host, Encoding? python2 = null)
{
    private static readonly object Mark = new();

    private readonly Stack<object?> _stack = new();
    private readonly Dictionary<uint, object?> _memo = [];

    /// <summary>Reads one pickle, from the stream's position to just behind its end.</summary>
    public object? Read()
    {
        try
        {
            while (true)
            {
                var op = stream.ReadByte();
                if (op == '.') return Pop<object?>();
                if (!Constant(op) && !Collection(op) && !Named(op)) Step(op);
            }
        }
        catch (Exception e) when (e is InvalidCastException or InvalidOperationException or IndexOutOfRangeException or EndOfStreamException
            or KeyNotFoundException or ArgumentException or OverflowException or FormatException)
        {
            throw new ClipException($"{path} is damaged: its pickle does not read ({e.Message.TrimEnd('.')}); get it again.", e);
        }
    }

    /// <summary>What keeps the machine going.</summary>
    private void Step(int op)
    {
        switch (op)
        {
            case 0x80: Bytes(1); break;                                                             // PROTO
            case 0x95: Bytes(8); break;                                                             // FRAME
            case '(': _stack.Push(Mark); break;
            case '0': _stack.Pop(); break;
            case '1': PopToMark(); break;
            case '2': _stack.Push(_stack.Peek()); break;                                            // DUP
            case 'q': _memo[Bytes(1)[0]] = _stack.Peek(); break;
            case 'r': _memo[BinaryPrimitives.ReadUInt32LittleEndian(Bytes(4))] = _stack.Peek(); break;
            case 'p': _memo[uint.Parse(Line(), CultureInfo.InvariantCulture)] = _stack.Peek(); break; // PUT
            case 0x94: _memo[(uint)_memo.Count] = _stack.Peek(); break;                              // MEMOIZE
            case 'h': _stack.Push(_memo[Bytes(1)[0]]); break;
            case 'j': _stack.Push(_memo[BinaryPrimitives.ReadUInt32LittleEndian(Bytes(4))]); break;
            case 'g': _stack.Push(_memo[uint.Parse(Line(), CultureInfo.InvariantCulture)]); break;   // GET
            case -1: throw new EndOfStreamException("It ends too early.");
            default: throw new ClipException($"{path} has pickle opcode 0x{op:x2}, which no weights need; save the state_dict alone.");
        }
    }

    private bool Constant(int op)
    {
        switch (op)
        {
            case 'N': _stack.Push(null); break;
            case 0x88: _stack.Push(true); break;
            case 0x89: _stack.Push(false); break;
            case 'J': _stack.Push((long)BinaryPrimitives.ReadInt32LittleEndian(Bytes(4))); break;    // BININT
            case 'K': _stack.Push((long)Bytes(1)[0]); break;                                        // BININT1
            case 'M': _stack.Push((long)BinaryPrimitives.ReadUInt16LittleEndian(Bytes(2))); break;   // BININT2
            case 0x8a: PushInteger(new BigInteger(Bytes(Bytes(1)[0]))); break;                        // LONG1
            case 0x8b: PushInteger(new BigInteger(Bytes(Length(4)))); break;                         // LONG4
            case 'I': _stack.Push(Line() switch { "00" => false, "01" => true, var digits => (object)Integer(digits) }); break;
            case 'L': PushInteger(BigInteger.Parse(Line().TrimEnd('L'), CultureInfo.InvariantCulture)); break;
            case 'F': _stack.Push(double.Parse(Line(), CultureInfo.InvariantCulture)); break;
            case 'G': _stack.Push(BinaryPrimitives.ReadDoubleBigEndian(Bytes(8))); break;            // BINFLOAT
            case 'S': _stack.Push(Line().Trim('\'', '"')); break;                                    // STRING
            case 'V': _stack.Push(Line()); break;                                                   // UNICODE
            case 'X': _stack.Push(Text(Length(4))); break;                                          // BINUNICODE
            case 'T': _stack.Push((python2 ?? Encoding.UTF8).GetString(Bytes(Length(4)))); break;    // BINSTRING
            case 0x8c: _stack.Push(Text(Length(1))); break;                                         // SHORT_BINUNICODE
            case 'U': _stack.Push((python2 ?? Encoding.UTF8).GetString(Bytes(Length(1)))); break;    // SHORT_BINSTRING
            case 0x8d: _stack.Push(Text(Length(8))); break;                                         // BINUNICODE8
            case 'C': _stack.Push(Bytes(Length(1))); break;                                         // SHORT_BINBYTES
            case 'B': _stack.Push(Bytes(Length(4))); break;                                         // BINBYTES
            case 0x8e or 0x96: _stack.Push(Bytes(Length(8))); break;                                // BINBYTES8, BYTEARRAY8
            default: return false;
        }

        return true;
    }

    private bool Collection(int op)
    {
        switch (op)
        {
            case '}': _stack.Push(new Dictionary<object, object?>()); break;
            case ']' or 0x8f: _stack.Push(new List<object?>()); break;                              // EMPTY_LIST, EMPTY_SET
            case ')': _stack.Push(Array.Empty<object?>()); break;
            case 't' or 0x91: _stack.Push(PopToMark()); break;                                      // TUPLE, FROZENSET
            case 'l': _stack.Push(PopToMark().ToList()); break;                                     // LIST
            case 'd': var entries = PopToMark(); _stack.Push(new Dictionary<object, object?>()); SetItems(entries); break; // DICT
            case 0x85 or 0x86 or 0x87: _stack.Push(PopMany(op - 0x84)); break;                       // TUPLE1 to TUPLE3
            case 's': SetItems(PopMany(2)); break;
            case 'u': SetItems(PopToMark()); break;
            case 'a': Append(PopMany(1)); break;
            case 'e' or 0x90: Append(PopToMark()); break;                                           // APPENDS, ADDITEMS
            default: return false;
        }

        return true;
    }

    /// <summary>Classes, functions and what they would make.</summary>
    private bool Named(int op)
    {
        switch (op)
        {
            case 'c': PushGlobal(Line(), Line()); break;
            case 0x93: var names = PopMany(2); PushGlobal((string)names[0]!, (string)names[1]!); break; // STACK_GLOBAL
            case 'R': var arguments = Pop<object?[]>(); Call(Pop<object?>(), arguments); break;
            case 0x81: var made = PopMany(2); Call(made[0], (object?[])made[1]!, isInstance: true); break; // NEWOBJ
            case 0x92: var keyed = PopMany(3); Call(keyed[0], (object?[])keyed[1]!, isInstance: true); break; // NEWOBJ_EX
            case 'i': PushGlobal(Line(), Line()); var type = Pop<object?>(); Call(type, PopToMark()); break; // INST
            case 'o': var parts = PopToMark(); Call(parts[0], parts[1..]); break;                    // OBJ
            case 'b': Build(Pop<object?>()); break;
            case 'Q': _stack.Push(host.Persistent(Pop<object?>())); break;                          // BINPERSID
            default: return false;
        }

        return true;
    }

    private void PushGlobal(string module, string name)
    {
        var global = new PickleGlobal(module, name);
        host.Names(global);
        _stack.Push(global);
    }

    private void Call(object? callee, object?[] arguments, bool isInstance = false) => _stack.Push(
        callee is PickleGlobal global
            ? host.Call(global, arguments, isInstance)
            : throw new ClipException($"{path} wants to run what it computed, which weights do not need; save the state_dict alone."));

    private void PushInteger(BigInteger value)
    {
        if (value >= long.MinValue && value <= long.MaxValue) _stack.Push((long)value);
        else _stack.Push(value);
    }

    private static long Integer(string digits) => long.Parse(digits, CultureInfo.InvariantCulture);

    private void Build(object? state)
    {
        // Dictionaries have attributes in Python (a state_dict's _metadata); nobody here reads them.
        if (_stack.Peek() is not PickleObject instance) return;
        instance.State = state;
        // Of objects with __slots__ the state is a pair.
        foreach (var part in state is object?[] pair ? pair : [state])
        {
            if (part is not Dictionary<object, object?> attributes) continue;
            if (attributes.ContainsKey("__setstate__"))
                throw new ClipException($"{path} changes how its objects are made, as weights never do; save the state_dict alone.");
            foreach (var (key, value) in attributes) instance.Attributes[key] = value;
        }
    }

    private void SetItems(object?[] items)
    {
        var dictionary = _stack.Peek() as Dictionary<object, object?> ?? ((PickleObject)_stack.Peek()!).Items;
        for (var i = 0; i < items.Length; i += 2) dictionary[Key(items[i])] = items[i + 1];
    }

    // Tuples and None are keys in Python; as no weight's name is one, any distinct object serves.
    private static object Key(object? key) => key ?? Mark;

    private void Append(object?[] items)
    {
        // What a kind of list holds is no weight that has a name.
        if (_stack.Peek() is not PickleObject) ((List<object?>)_stack.Peek()!).AddRange(items);
    }

    private T Pop<T>() => (T)_stack.Pop()!;

    private object?[] PopMany(int count)
    {
        var items = new object?[count];
        for (var i = count - 1; i >= 0; i--) items[i] = _stack.Pop();
        return items;
    }

    private object?[] PopToMark()
    {
        var items = new List<object?>();
        for (var item = _stack.Pop(); item != Mark; item = _stack.Pop()) items.Add(item);
        items.Reverse();
        return [.. items];
    }

    private byte[] Bytes(long count)
    {
        if (count < 0 || count > stream.Length - stream.Position) throw new EndOfStreamException("It ends too early.");
        var bytes = new byte[count];
        stream.ReadExactly(bytes);
        return bytes;
    }

    /// <summary>A length that stands before what it measures, in 1, 4 or 8 bytes.</summary>
    private long Length(int bytes) => bytes switch
    {
        1 => Bytes(1)[0],
        4 => BinaryPrimitives.ReadInt32LittleEndian(Bytes(4)),
        _ => BinaryPrimitives.ReadInt64LittleEndian(Bytes(8)),
    };

    private string Text(long count) => Encoding.UTF8.GetString(Bytes(count));

    private string Line()
    {
        var line = new List<byte>();
        for (var b = stream.ReadByte(); b != '\n'; b = stream.ReadByte())
        {
            if (b < 0) throw new EndOfStreamException("It ends too early.");
            line.Add((byte)b);
        }

        return Encoding.UTF8.GetString([.. line]);
    }
}
