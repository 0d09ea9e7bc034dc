"""Train a teacher, tag the texts with it, distil a student from it.

python -m training.train teacher|student|all --data FOLDER --out FOLDER --encoder PATH_OR_NAME [--device cuda]

What a stage made is kept in OUT and taken up from there by the next run; a stage that was killed goes on where it last
kept its state.
"""

import argparse
import json
import math
import random
import re
import shutil
import time
import tomllib
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional

from kg.errors import ConfigError, ExtractionError
from kg.extract.pieces import BEGIN, END, MAX_PIECES, UNKNOWN
from kg.extract.tagging import TYPES, count_tags, decode_names

from .annotated import Document, read_documents
from .batches import Corpus, group, read_rows, stream, text_document
from .encoder import load_encoder, load_tokenizer
from .examples import collate, make_examples
from .losses import Average, choose_statements, gold_losses, read, report, tag_loss, taught_losses, total
from .model import Reader

CONFIG = Path(__file__).with_name("config.toml")
Batch = dict[str, Any]


def make_reader(source: str, layers: int | None, corpus: Corpus, *, dropout: float, frozen: int = 0) -> Reader:
    encoder, _ = load_encoder(source, layers=layers)
    for name, parameter in encoder.named_parameters():
        if "layers." in name and int(name.split("layers.")[1].split(".")[0]) < frozen:
            parameter.requires_grad_(False)
    ner = {name: count_tags(len(types)) for name, types in corpus.ner_types.items()}
    return make_trainable(Reader(encoder, finre_labels=len(corpus.finre_labels), ner_tags=ner), dropout=dropout)


def make_trainable(reader: Reader, *, dropout: float) -> Reader:
    """The reader, with this dropout everywhere in its heads, norms in one operation, and its embedding table left as it is."""
    reader.encoder.get_input_embeddings().weight.requires_grad_(False)  # rare pieces would drift away from the rest
    for module in reader.modules():
        if type(module).__name__ == "Gemma3RMSNorm":
            module.forward = _fused_norm(module)
        elif isinstance(module, nn.Dropout):
            module.p = dropout
    return reader


def _fused_norm(module: nn.Module) -> Callable[[Tensor], Tensor]:
    def norm(x: Tensor) -> Tensor:
        return functional.rms_norm(x, (x.shape[-1],), (1.0 + module.weight).to(x.dtype), module.eps)

    return norm


def parameter_groups(model: Reader, settings: dict[str, Any]) -> list[dict[str, Any]]:
    """Encoder layers with rates falling downwards, heads with their own, no decay on vectors."""
    layers = settings["layers"]
    groups: dict[tuple[float, float], list[nn.Parameter]] = {}
    for name, parameter in model.named_parameters():
        if not parameter.requires_grad:
            continue
        if name.startswith("encoder."):
            parts = name.split(".")
            depth = (
                int(parts[parts.index("layers") + 1]) + 1
                if "layers" in parts
                else (int(parts[parts.index("layer") + 1]) + 1 if "layer" in parts else layers)
            )
            rate = settings["encoder_rate"] * settings["layer_decay"] ** (layers - depth)
        else:
            rate = settings["head_rate"]
        decay = settings["weight_decay"] if parameter.ndim > 1 else 0.0
        groups.setdefault((rate, decay), []).append(parameter)
    return [
        {"params": found, "lr": rate, "base": rate, "weight_decay": decay} for (rate, decay), found in groups.items()
    ]


def to_device(batch: Batch, device: torch.device) -> Batch:
    return {k: v.to(device, non_blocking=True) if isinstance(v, Tensor) else v for k, v in batch.items()}


def score_auxiliary(model: Reader, batch: Batch) -> Tensor:
    """Logits of the batch's own task: [B, P, labels] of FinRE's pairs, or [B, C, tags] of another scheme's names."""
    hidden = model.encode(batch["ids"], batch["mask"])
    if batch["task"] == "finre":
        names = ("sentences", "starts", "ends", "owner", "types", "heads", "tails", "distances", "numbers")
        _, known, _ = model.relator(hidden, batch["mask"], *(batch[name] for name in names))
        logits: Tensor = model.finre(known)
    else:
        features = model.tagger.features(hidden, model.letters(batch["letters"]), batch["place"], batch["slots"])
        logits = model.ner[batch["task"]](features)
    return logits.float()


def auxiliary_losses(model: Reader, batch: Batch) -> dict[str, Tensor]:
    if batch["task"] != "finre":
        return {"ner": tag_loss(score_auxiliary(model, batch), batch["tags"])}
    where = batch["finre"]
    if not len(where):
        return {}
    logits = score_auxiliary(model, batch)[where[:, 0], where[:, 1]]
    return {"finre": functional.cross_entropy(logits, where[:, 2])}


CHECKPOINT_SECONDS = 600
MOST_IDLE = 500
_PIECES = 1.3
"""Characters a piece, padding counted: EmbeddingGemma's pieces have 1.44 in Chinese business news."""


def is_half_faster() -> bool:
    """Whether the processor has AMX: with AVX-512 alone, matrices of bfloat16 take 1.8 times as long as those of float32."""
    return bool(torch.cpu._is_amx_tile_supported())


class Progress:
    """How far the training is, 0 to 1: by the clock where minutes are given, else by steps.

    The clock starts with the first step, not with what comes before it, and goes on where a killed training stopped.
    """

    def __init__(self, *, minutes: float | None, steps: int) -> None:
        self.limit, self.steps, self.done, self.before = (minutes or 0) * 60, steps, 0, 0.0
        self.begun: float | None = None

    @property
    def seconds(self) -> float:
        if self.begun is None:
            self.begun = time.monotonic()
        return self.before + time.monotonic() - self.begun

    @property
    def share(self) -> float:
        return min(1.0, self.seconds / self.limit if self.limit else self.done / self.steps)


def rate_at(share: float, step: int, warm_up: int) -> float:
    """The part of the full learning rate: rising over `warm_up` steps, then falling as a cosine.

    The rise counts steps: at the full rate the first steps, with heads that know nothing, ruin what the encoder knows.
    """
    return min(1.0, (step + 1) / warm_up) * (0.49 * (1 + math.cos(math.pi * share)) + 0.02)


def train(
    model: Reader,
    settings: dict[str, Any],
    device: torch.device,
    *,
    progress: Progress,
    next_batch: Callable[[float], Batch],
    step_losses: Callable[[Batch], dict[str, Tensor]],
    log: Any,
    checkpoint: Path | None = None,
    keep_every: float | None = None,
) -> None:
    """Until `progress` is full; the weights at the end are the average of the last half's.

    With `checkpoint`, what is needed to go on is kept there every `keep_every` (CHECKPOINT_SECONDS) seconds, and taken up from there.
    """
    cuda = device.type == "cuda"
    half = cuda or (settings.get("half", False) and is_half_faster())
    optimizer = torch.optim.AdamW(parameter_groups(model, settings), betas=(0.9, 0.98), eps=1e-6, fused=True)
    parameters = [p for p in model.parameters() if p.requires_grad]
    average: Average | None = None
    if checkpoint and checkpoint.is_file():
        kept = torch.load(checkpoint, map_location=device, weights_only=True)
        model.load_state_dict(kept["model"])
        optimizer.load_state_dict(kept["optimizer"])
        progress.done, progress.before = kept["done"], kept["seconds"]
        if kept["average"]:
            average = Average(model, decay=settings["average"])
            average.weights, average.steps = kept["average"]
    saved, idle = time.monotonic(), 0
    sums: dict[str, list[float]] = {}
    pending: list[tuple[dict[str, Tensor], Tensor]] = []
    seen, last = 0, time.monotonic()
    model.train()
    while (share := progress.share) < 1:
        batch = to_device(next_batch(share), device)
        scale = rate_at(share, progress.done, settings["warm_up"])
        for part in optimizer.param_groups:
            part["lr"] = part["base"] * scale
        with torch.autocast(device.type, dtype=torch.bfloat16, enabled=half):
            losses = step_losses(batch)
            if not losses:
                idle += 1
                if idle > MOST_IDLE:
                    raise ExtractionError(
                        f"{idle} batches in a row with nothing to learn from; check the training data"
                    )
                continue
            idle = 0
            loss = total(losses)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        norm = nn.utils.clip_grad_norm_(parameters, 1.0)
        for (
            parameter
        ) in parameters:  # a step that is not a number is one lost, not all that follow; without waiting for the GPU
            if parameter.grad is not None:
                parameter.grad.nan_to_num_(0.0, 0.0, 0.0)
        optimizer.step()
        if share > 0.5:
            if average is None:
                average = Average(model, decay=settings["average"])
            average.update(model)
        progress.done += 1
        seen += batch["ids"].numel()
        pending.append(({k: v.detach() for k, v in losses.items()}, norm.detach()))
        if progress.done % 20 == 0 or (not cuda and progress.done % 5 == 0):
            for found, size in pending:
                for name, value in found.items():
                    sums.setdefault(name, []).append(float(value))
                sums.setdefault("norm", []).append(float(size))
            pending.clear()
            now = time.monotonic()
            row = {name: round(sum(v) / len(v), 4) for name, v in sums.items()}
            log({"step": progress.done, "share": round(share, 3), "pieces/s": round(seen / (now - last)), **row})
            sums.clear()
            seen, last = 0, now
        if checkpoint and time.monotonic() - saved > (CHECKPOINT_SECONDS if keep_every is None else keep_every):
            state = {
                "model": model.state_dict(),
                "optimizer": optimizer.state_dict(),
                "done": progress.done,
                "seconds": progress.seconds,
            }
            state["average"] = (average.weights, average.steps) if average else None
            keep(state, checkpoint)
            saved = time.monotonic()
    if average is not None:
        average.copy_to(model)
    model.eval()


def keep(state: Any, path: Path) -> None:
    """Save `state` to `path`, whole or not at all."""
    part = path.with_name(path.name + ".part")
    torch.save(state, part)
    part.replace(path)


def steps_kept(checkpoint: Path) -> int:
    """Steps done when `checkpoint` was kept, 0 where there is none."""
    return (
        int(torch.load(checkpoint, map_location="cpu", mmap=True, weights_only=True)["done"])
        if checkpoint.is_file()
        else 0
    )


def steps_of(settings: dict[str, Any], corpus: Corpus) -> int:
    """Steps of so many epochs of annotated texts."""
    pieces = sum(len(document.text) for document in corpus.train) / _PIECES
    return max(1, math.ceil(settings["epochs"] * max(1.0, pieces / settings["pieces"])))


def train_teacher(
    options: argparse.Namespace, config: dict[str, Any], corpus: Corpus, device: torch.device, log: Any
) -> Reader:
    settings = config["teacher"]
    model = make_reader(
        options.encoder, settings["layers"], corpus, dropout=settings["dropout"], frozen=settings.get("frozen", 0)
    ).to(device)
    if options.start:
        carry_on(model, options.start, device)
    return train_reader(model, options, config, corpus, device, log)


_NOT_CARRIED_ON = re.compile(r"embed_tokens|rotary|^ner\.|^finre\.")
"""Weights that training may begin without: fixed ones, and the heads of auxiliary tasks."""


def _start_weights(path: Path, device: torch.device) -> dict[str, Tensor]:
    if path.is_dir():
        from .shipped import load_shipped

        return {k: v for k, v in load_shipped(path).state_dict().items() if not _NOT_CARRIED_ON.search(k)}
    weights: dict[str, Tensor] = torch.load(path, map_location=device, weights_only=True)
    return weights


def carry_on(model: Reader, path: Path, device: torch.device) -> None:
    """Give `model` the weights of an earlier training, or of a model's folder. ConfigError where they are another model's."""
    weights = {k: v for k, v in _start_weights(path, device).items() if not k.startswith(("ner.", "finre."))}
    missing, unknown = model.load_state_dict(weights, strict=False)
    if unknown or any(not _NOT_CARRIED_ON.search(name) for name in missing):
        raise ConfigError(f"{path}: not weights of this model ({[*missing, *unknown][:3]})")


def train_reader(
    model: Reader,
    options: argparse.Namespace,
    config: dict[str, Any],
    corpus: Corpus,
    device: torch.device,
    log: Any,
) -> Reader:
    """Train `model` straight on the annotated texts, by the recipe's `teacher`."""
    settings = config["teacher"]
    model.to(device)
    cuda = device.type == "cuda"
    checkpoint = options.out / "teacher.checkpoint.pt"
    seed = f"{config['seed']} {steps_kept(checkpoint)}"  # a training taken up again reads on, not the same once more
    common = {"seed": seed, "workers": options.workers, "cuda": cuda}
    common["window"] = settings.get("window", MAX_PIECES)
    main = stream(corpus, "train", pieces=settings["pieces"], renamed=settings["renamed"], **common)
    aux = None
    if settings["auxiliary"] and corpus.has_auxiliary:
        fewer = {**common, "workers": options.workers and max(1, options.workers // 3)}
        aux = stream(corpus, "auxiliary", pieces=settings["pieces"], **fewer)
    chance = random.Random(config["seed"])

    def next_batch(share: float) -> Batch:
        auxiliary = chance.random() < settings["auxiliary"] * max(0.0, 1 - 2 * share) * 2
        return next(main if aux is None or not auxiliary else aux)

    def losses(batch: Batch) -> dict[str, Tensor]:
        if batch["task"] != "kg":
            return auxiliary_losses(model, batch)
        return gold_losses(model, read(model, batch, batch["said"]), batch)

    progress = Progress(minutes=options.teacher_minutes, steps=options.steps or steps_of(settings, corpus))
    train(
        model,
        settings,
        device,
        progress=progress,
        next_batch=next_batch,
        step_losses=losses,
        log=log,
        checkpoint=checkpoint,
    )
    return model


def save_teacher(model: Reader, path: Path) -> None:
    keep({k: v for k, v in model.state_dict().items() if v.is_floating_point()}, path)


def load_teacher(options: argparse.Namespace, config: dict[str, Any], corpus: Corpus, device: torch.device) -> Reader:
    return load_weights(options.out / "teacher.pt", options.encoder, config["teacher"]["layers"], corpus).to(device)


def load_weights(path: Path, source: str, layers: int, corpus: Corpus) -> Reader:
    """A Reader with the weights that `save_teacher` wrote. ConfigError where they are another encoder's or another corpus's."""
    model = make_reader(source, layers, corpus, dropout=0.0)
    try:
        model.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
    except RuntimeError as error:
        raise ConfigError(f"{path}: not weights of this model ({str(error).splitlines()[-1].strip()})") from None
    return model.eval()


TEXTS_AT_ONCE = 800


def submit_texts(
    pool: ProcessPoolExecutor, rows: list[dict[str, Any]], tokenizer_file: str, *, pieces: int
) -> list[Future[Any]]:
    """Have texts made into batches, to be tagged later."""
    chunks = [rows[at : at + TEXTS_AT_ONCE] for at in range(0, len(rows), TEXTS_AT_ONCE)]
    return [pool.submit(_text_batches, [row["text"] for row in chunk], tokenizer_file, pieces) for chunk in chunks]


@torch.no_grad()
def tag_texts(
    model: Reader, pool: ProcessPoolExecutor, made: list[Future[Any]], device: torch.device, path: Path
) -> list[Document]:
    """Texts with the names that the model finds, as documents for the student to read."""
    jobs = []
    for future in made:
        for batch, items in future.result():
            tensors = {k: torch.from_numpy(v).to(device) for k, v in batch.items()}
            with torch.autocast(device.type, dtype=torch.bfloat16, enabled=device.type == "cuda"):
                hidden = model.encode(tensors["ids"], tensors["mask"])
                logits = model.tagger(hidden, model.letters(tensors["letters"]), tensors["place"], tensors["slots"])
            jobs.append(pool.submit(_tagged_documents, logits.float().log_softmax(-1).half().cpu().numpy(), items))
    lines = [line for job in jobs for line in job.result()]
    part = path.with_name(path.name + ".part")
    part.write_text("".join(lines), encoding="utf-8")
    part.replace(path)
    return [Document.of(json.loads(line)) for line in lines]


def _text_batches(
    texts: list[str], tokenizer_file: str, pieces: int
) -> list[tuple[dict[str, Any], list[tuple[str, Any]]]]:
    torch.set_num_threads(1)
    tokenizer = Tokenizer.from_file(tokenizer_file)
    found, owner = [], {}
    for text in texts:
        examples = make_examples(text_document(text), tokenizer)[:1]
        for example in examples:
            example.task = "tags"
            owner[id(example)] = text
        found.append(examples)
    made = []
    for batch in group(found, pieces=pieces):
        arrays = {
            k: v.numpy() for k, v in collate(batch).items() if isinstance(v, Tensor)
        }  # tensors would each take a descriptor
        made.append((arrays, [(owner[id(e)], e.window.offsets) for e in batch]))
    return made


def _tagged_documents(scores: Any, items: list[tuple[str, Any]]) -> list[str]:
    lines = []
    for row, (text, offsets) in zip(scores, items, strict=True):
        document = text_document(text)
        forms: dict[str, int] = {}
        for left, right, kind, _ in decode_names(row.astype(np.float32), offsets):
            form = text[left:right]
            number = forms.setdefault(form, len(forms))
            if number == len(document.types):
                document.types.append(TYPES[kind])
            document.mentions.append((left, right, number, form))
        if len(document.types) > 1:
            lines.append(json.dumps(asdict(document), ensure_ascii=False, separators=(",", ":")) + "\n")
    return lines


def train_student(
    teacher: Reader, options: argparse.Namespace, config: dict[str, Any], corpus: Corpus, device: torch.device, log: Any
) -> Reader:
    settings = {**config["student"], **({"layers": options.layers} if options.layers else {})}
    model = make_reader(options.encoder, settings["layers"], corpus, dropout=settings["dropout"])
    own = model.state_dict()
    model.load_state_dict({name: value.cpu() for name, value in teacher.state_dict().items() if name in own})
    model.to(device)
    cuda = device.type == "cuda"
    if cuda:
        teacher.to(torch.bfloat16)
    checkpoint = options.out / "student.checkpoint.pt"
    common = {"seed": f"{config['seed'] + 1} {steps_kept(checkpoint)}", "cuda": cuda}
    main = stream(
        corpus,
        "train",
        pieces=settings["pieces"],
        renamed=settings["renamed"],
        workers=max(1, options.workers // 2),
        **common,
    )
    texts = stream(corpus, "texts", pieces=settings["pieces"], workers=max(1, options.workers // 2), **common)
    chance = random.Random(config["seed"])

    def next_batch(share: float) -> Batch:
        return next(texts if chance.random() < settings["texts"] else main)

    def losses(batch: Batch) -> dict[str, Tensor]:
        with torch.no_grad():
            taught = read(teacher, batch, batch["said"] if batch["labelled"] else None)
            if batch["labelled"]:
                said, there = batch["said"], batch["said_there"]
            else:
                said, there = choose_statements(taught.relations, batch)
                report(teacher, taught, batch, said)
            batch["taught_there"] = there
        mine = read(model, batch, said)
        found = taught_losses(mine, taught, batch)
        if batch["labelled"]:
            found |= gold_losses(model, mine, batch)
        return found

    progress = Progress(minutes=options.student_minutes, steps=options.steps or steps_of(settings, corpus))
    train(
        model,
        settings,
        device,
        progress=progress,
        next_batch=next_batch,
        step_losses=losses,
        log=log,
        checkpoint=checkpoint,
    )
    return model


def save_student(model: Reader, layers: int, path: Path) -> None:
    """Matrices of the encoder as int8 with a scale a row, the heads as fp16; frozen input embeddings and auxiliary heads left out."""
    from safetensors.torch import save_file

    state: dict[str, Tensor] = {}
    for name, value in model.state_dict().items():
        value = value.detach().float().cpu()
        if name.endswith("embed_tokens.weight") or name.startswith(("ner.", "finre.")) or "rotary" in name:
            continue
        if value.ndim == 2 and min(value.shape) > 32:
            scale = (value.abs().amax(1, keepdim=True) / 127).half().clamp(min=1e-7)
            state[name] = (value / scale.float()).round().clamp(-127, 127).to(torch.int8)
            state[name + ".scale"] = scale
        else:
            state[name] = value.half() if name.split(".")[0] != "encoder" else value
    part = path.with_name(path.name + ".part")
    save_file({k: v.contiguous() for k, v in state.items()}, str(part), metadata={"layers": str(layers)})
    part.replace(path)


def load_student(path: Path, source: str, corpus: Corpus) -> Reader:
    from safetensors import safe_open

    with safe_open(str(path), framework="pt") as tensors:
        layers = int(tensors.metadata()["layers"])
        names = list(tensors.keys())
        state = {n: tensors.get_tensor(n).float() for n in names if not n.endswith(".scale")}
        for name in names:
            if name.endswith(".scale"):
                state[name.removesuffix(".scale")] *= tensors.get_tensor(name).float()
    model = make_reader(source, layers, corpus, dropout=0.0)
    try:
        missing, unknown = model.load_state_dict(state, strict=False)
    except RuntimeError as error:
        raise ConfigError(f"{path}: not a student of this encoder ({str(error).splitlines()[-1].strip()})") from None
    missing = [name for name in missing if not _NOT_CARRIED_ON.search(name)]
    if missing or unknown:
        raise ConfigError(f"{path}: not a student of this encoder (missing: {missing[:3]}, unknown: {unknown[:3]})")
    return model.eval()


def show_line(row: dict[str, Any]) -> None:
    print(json.dumps(row), flush=True)


def open_log(path: Path, *, show: Callable[[dict[str, Any]], None] = show_line) -> Callable[[dict[str, Any]], None]:
    """A function that adds a row to a file of JSON lines, seconds from now before it, and shows it."""
    begun = time.monotonic()

    def log(row: dict[str, Any]) -> None:
        timed = {"s": round(time.monotonic() - begun, 1), **row}
        show(timed)
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(timed) + "\n")

    return log


def make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("stage", choices=("teacher", "student", "all"))
    parser.add_argument("--data", type=Path, required=True, help="what training.prepare wrote")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--encoder", required=True)
    parser.add_argument("--config", type=Path, default=CONFIG)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--teacher-minutes", type=float)
    parser.add_argument("--student-minutes", type=float)
    parser.add_argument(
        "--start", type=Path, help="weights to go on from, as save_teacher writes them, or a model's folder"
    )
    parser.add_argument("--finish", type=float, help="seconds from the start at which the student shall be ready")
    parser.add_argument("--steps", type=int)
    parser.add_argument("--layers", type=int)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--limit", type=int, help="texts to tag")
    return parser


def main(arguments: Sequence[str] | None = None) -> None:
    options = make_parser().parse_args(arguments)
    begun = time.monotonic()
    options.out.mkdir(parents=True, exist_ok=True)
    config = tomllib.loads(options.config.read_text(encoding="utf-8"))
    tokenizer_file = keep_tokenizer(options.encoder, options.out)
    tagged = options.out / "texts.tagged.jsonl"
    wanted = options.stage != "teacher" and not tagged.is_file()
    with ProcessPoolExecutor(max(1, options.workers)) as pool:  # forked before anything is on the GPU
        made = (
            submit_texts(pool, read_rows(options.data / "texts.jsonl")[: options.limit], tokenizer_file, pieces=40_000)
            if wanted
            else []
        )
        device = torch.device(options.device)
        torch.manual_seed(config["seed"])
        if device.type == "cuda":
            torch.backends.cuda.matmul.allow_tf32 = True
        corpus = Corpus(options.data, tokenizer_file)
        log = open_log(options.out / f"{options.stage}.log")
        if options.stage == "student" or (options.out / "teacher.pt").is_file():
            teacher = load_teacher(options, config, corpus, device)
        else:
            teacher = train_teacher(options, config, corpus, device, log)
            save_teacher(teacher, options.out / "teacher.pt")
            (options.out / "teacher.checkpoint.pt").unlink(missing_ok=True)
        if options.stage == "teacher":
            return
        log({"stage": "tagging"})
        corpus.texts = tag_texts(teacher, pool, made, device, tagged) if wanted else read_documents(tagged)
        log({"stage": "student", "texts": len(corpus.texts)})
        if options.finish:
            options.student_minutes = max(0.2, (options.finish - (time.monotonic() - begun)) / 60)
        student = train_student(teacher, options, config, corpus, device, log)
        layers = options.layers or config["student"]["layers"]
        save_student(student, layers, options.out / f"student-{layers}.safetensors")
        (options.out / "student.checkpoint.pt").unlink(missing_ok=True)
        log({"stage": "saved"})


def keep_tokenizer(source: str, out: Path) -> str:
    """The path of the encoder's `tokenizer.json`, kept in `out`. ConfigError for one that windows cannot be made with."""
    path = out / "tokenizer.json"
    if not path.is_file():
        own = Path(source) / "tokenizer.json"
        if own.is_file():
            shutil.copyfile(own, path)
        else:
            load_tokenizer(source).save(str(path))
    tokenizer = Tokenizer.from_file(str(path))
    marks = {"<bos>": BEGIN, "<eos>": END, "<unk>": UNKNOWN}
    if any(tokenizer.token_to_id(mark) != number for mark, number in marks.items()):
        path.unlink()
        raise ConfigError(
            f"{source}: its tokenizer is not of Gemma's kind (<bos> 2, <eos> 1, <unk> 3); take EmbeddingGemma or a model of its family"
        )
    return str(path)


if __name__ == "__main__":
    main()
